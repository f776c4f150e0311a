"""Records served requests as request logs, application logs with their texts, and metric points."""

from __future__ import annotations

import random
from collections.abc import Container
from datetime import datetime, timedelta
from typing import Any

from google.logging.type import log_severity_pb2
from msgspec import Struct

from cfconsole.emulator.sinks import EntrySink, MetricSink
from cfconsole.emulator.world.audit import SYSTEM_LOG, new_service_entry
from cfconsole.emulator.world.names import ServiceName

REQUEST_LOG = "run.googleapis.com/requests"
STDOUT = "run.googleapis.com/stdout"
STDERR = "run.googleapis.com/stderr"
INFO: int = log_severity_pb2.INFO
WARNING: int = log_severity_pb2.WARNING
ERROR: int = log_severity_pb2.ERROR
PRINT_INTERVAL = timedelta(microseconds=300)
"""The time between two lines that a program prints in a row."""
INSTANCES = 3
"""The number of instances that print at the same time."""


class ServedRequest(Struct, frozen=True):
    """A request with its outcome."""

    service: ServiceName
    revision: str
    method: str
    url: str
    status: int
    latency_ms: float
    ended_at: datetime
    user_agent: str = ""
    trace: str = ""
    """32 hexadecimal digits; a random one is used if empty."""


class Reporter:
    """Writes the log entries and metric points of Cloud Run and of the simulated code."""

    def __init__(
        self, logs: EntrySink, requests: MetricSink, seed: int, unlogged: Container[ServiceName] = frozenset()
    ) -> None:
        self._logs = logs
        self._requests = requests
        self._unlogged = unlogged
        """Services whose requests are excluded from the log."""
        self._random = random.Random(seed)
        self._number = 0

    def report(self, served: ServedRequest, *, prints_errors: bool = False) -> None:
        """Records a request to simulated code: metric point, request log and application log."""
        self._measure(served)
        self.log(served, prints_errors=prints_errors)

    def report_request(self, served: ServedRequest) -> None:
        """Records a request to real code, which writes its own log: metric point and request log."""
        self._measure(served)
        self._write_request(served, served.trace or self._new_trace())

    def _measure(self, served: ServedRequest) -> None:
        name = served.service
        self._requests.record_request(
            project=name.project,
            region=name.region,
            service=name.service,
            revision=served.revision,
            response_code=served.status,
            latency_ms=served.latency_ms,
            at=served.ended_at,
        )

    def log(self, served: ServedRequest, *, prints_errors: bool = False) -> None:
        """Writes the log entries of one request, without its metric point."""
        self._number += 1
        trace = served.trace or self._new_trace()
        self._write_request(served, trace)
        lines = request_lines(served.service.service, self._number)
        if served.status >= 500 and prints_errors:
            self._print(served, lines.traceback)
        elif served.status >= 500:
            self._write_json(served, trace, STDERR, ERROR, lines.error)
            self._write_text(served, trace, STDERR, ERROR, lines.traceback)
        elif self._number % 4 == 0:
            text = f"{lines.request} {served.status} {served.latency_ms:.0f} ms"
            self._write_text(served, trace, STDOUT, 0, text)
        else:
            severity = WARNING if served.latency_ms > 2_000 else INFO
            self._write_json(served, trace, STDOUT, severity, lines.done)

    def log_line(self, name: ServiceName, revision: str, at: datetime, message: str, severity: int) -> None:
        """Writes one JSON line that belongs to no request."""
        entry = new_service_entry(name, STDOUT, at, self._insert_id(), revision)
        entry.severity = severity
        entry.json_payload["message"] = message
        self._logs.write(entry)

    def system_line(self, name: ServiceName, revision: str, at: datetime, message: str) -> None:
        """Writes an error of the platform, such as an instance that ran out of memory."""
        entry = new_service_entry(name, SYSTEM_LOG, at, self._insert_id(), revision)
        entry.severity = ERROR
        entry.text_payload = message
        self._logs.write(entry)

    def _write_request(self, served: ServedRequest, trace: str) -> None:
        if served.service in self._unlogged:
            return
        entry = self._entry(served, trace, REQUEST_LOG, served.ended_at)
        entry.severity = ERROR if served.status >= 500 else WARNING if served.status >= 400 else INFO
        request = entry.http_request
        request.request_method = served.method
        request.request_url = served.url
        request.status = served.status
        request.latency.FromTimedelta(timedelta(milliseconds=served.latency_ms))
        request.user_agent = served.user_agent
        request.remote_ip = "198.51.100.23"
        request.protocol = "HTTP/1.1"
        self._logs.write(entry)

    def _write_json(self, served: ServedRequest, trace: str, log: str, severity: int, message: str) -> None:
        entry = self._entry(served, trace, log, self._within(served))
        entry.severity = severity
        entry.json_payload["message"] = message
        entry.json_payload["logger"] = f"shop.{served.service.service}"
        self._logs.write(entry)

    def _write_text(self, served: ServedRequest, trace: str, log: str, severity: int, text: str) -> None:
        entry = self._entry(served, trace, log, self._within(served))
        entry.severity = severity
        entry.text_payload = text
        self._logs.write(entry)

    def _print(self, served: ServedRequest, text: str) -> None:
        """Writes what one instance prints to stderr: one entry per line, without severity or trace."""
        printed_at = self._within(served)
        instance = self._random.randrange(INSTANCES)
        for number, line in enumerate(text.splitlines()):
            at = printed_at + number * PRINT_INTERVAL
            entry = new_service_entry(served.service, STDERR, at, self._insert_id(), served.revision)
            entry.labels["instanceId"] = f"{_instance(served)}{instance:02}"
            entry.text_payload = line
            self._logs.write(entry)

    def _entry(self, served: ServedRequest, trace: str, log: str, at: datetime) -> Any:
        entry = new_service_entry(served.service, log, at, self._insert_id(), served.revision)
        entry.trace = f"projects/{served.service.project}/traces/{trace}"
        entry.span_id = trace[:16]
        entry.labels["instanceId"] = _instance(served)
        return entry

    def _new_trace(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _within(self, served: ServedRequest) -> datetime:
        """A time shortly before the end of the request."""
        return served.ended_at - timedelta(milliseconds=served.latency_ms * self._random.uniform(0.05, 0.4))

    def _insert_id(self) -> str:
        return f"{self._random.getrandbits(80):020x}"


def _instance(served: ServedRequest) -> str:
    return f"00{served.revision.encode().hex()[-30:]}"


_WORDS = {
    "orders-api": ("order {n} accepted", "POST /orders", "ValueError: unknown currency 'XTS'"),
    "web-frontend": ("rendered page in template home", "GET /", "TemplateError: block 'promo' is not defined"),
    "catalog": ("product {n} read from cache", "GET /products/{n}", "KeyError: 'price'"),
    "cart": ("item {n} added to cart", "PUT /cart/items/{n}", "TimeoutError: redis did not answer in 500 ms"),
    "payments": ("payment {n} captured", "POST /payments", "ConnectionError: acquirer closed the connection"),
    "search": ("{n} hits in 3 shards", "GET /search?q=lamp", "TypeError: 'NoneType' object is not iterable"),
    "billing": ("invoice {n} written", "POST /invoices", "decimal.InvalidOperation: quantize result too large"),
}
_OTHER = ("job {n} done", "POST /jobs/{n}", "RuntimeError: upstream answered 502")

_TRACEBACK = """Traceback (most recent call last):
  File "/app/main.py", line 88, in handle
    result = process(request)
  File "/app/{module}.py", line {line}, in process
    return convert(payload, rates[payload.currency])
{error}"""


class RequestLines(Struct, frozen=True):
    """The texts for one request."""

    done: str
    request: str
    error: str
    traceback: str


def request_lines(service: str, number: int) -> RequestLines:
    """The texts for request `number` of `service`."""
    done, request, error = _WORDS.get(service, _OTHER)
    module = service.replace("-", "_")
    traceback = _TRACEBACK.format(module=module, line=40 + len(service), error=error)
    return RequestLines(done.format(n=number), request.format(n=number), error, traceback)
