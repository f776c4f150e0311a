"""The texts that the shop's simulated services log: messages, request lines, and tracebacks of failed requests."""

from __future__ import annotations

from msgspec import Struct

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
