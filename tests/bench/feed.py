"""Writes log lines at a steady rate, to the emulator through Cloud Logging's API and to a file."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from google.cloud.logging_v2.types import WriteLogEntriesRequest

from tests.bench.lines import displayed_line, log_line
from tests.bench.programs import EmulatorAddress

TICKS_PER_S = 20
WRITE_METHOD = "/google.logging.v2.LoggingServiceV2/WriteLogEntries"


class LineWriter:
    """Writes the numbered lines of one service, from 0."""

    def __init__(self, at: EmulatorAddress, service: str, file: Path | None = None) -> None:
        row = at.service(service)
        self._revision = row["latest_ready"]
        self._request = request_for(row)
        self._channel = grpc.insecure_channel(at.grpc)
        self._call: Any = self._channel.unary_unary(WRITE_METHOD, type(self._request).SerializeToString, bytes)
        self._file = file.open("a", buffering=1 << 20) if file else None
        self._service = service
        self.written = 0

    def write(self, count: int) -> None:
        """Writes the next lines, all with the current time."""
        now = datetime.now(UTC)
        revision = self._revision.removeprefix(f"{self._service}-")
        for number in range(self.written, self.written + count):
            line = log_line(number)
            self._add(now, line.severity, line.message)
            if self._file:
                self._file.write(displayed_line(number, now, revision) + "\n")
        self.written += count
        self._send()

    def mark(self, message: str) -> None:
        """Writes a line that is not one of the numbered ones."""
        self._add(datetime.now(UTC), 200, message)
        self._send()

    def close(self) -> None:
        self._channel.close()
        if self._file:
            self._file.close()

    def _add(self, at: datetime, severity: int, message: str) -> None:
        entry = self._request.entries.add()
        entry.timestamp.FromDatetime(at)
        entry.severity = severity
        entry.json_payload["message"] = message

    def _send(self) -> None:
        self._call(self._request, timeout=60)
        del self._request.entries[:]
        if self._file:
            self._file.flush()


@contextlib.contextmanager
def running_feed(pen: LineWriter, per_second: float) -> Iterator[None]:
    """Writes at this rate in a thread until the block ends."""
    stop = threading.Event()

    def run() -> None:
        begun, start = time.monotonic(), pen.written
        while not stop.wait(1 / TICKS_PER_S):
            due = start + int((time.monotonic() - begun) * per_second) - pen.written
            if due > 0:
                pen.write(due)

    thread = threading.Thread(target=run, name="feed", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def request_for(row: dict[str, Any]) -> Any:
    """A write request for entries of a service's newest revision; `row` is its row in the emulator's world."""
    request: Any = WriteLogEntriesRequest.pb()()
    request.log_name = f"projects/{row['project']}/logs/run.googleapis.com%2Fstdout"
    request.resource.type = "cloud_run_revision"
    labels = {"project_id": row["project"], "location": row["region"], "service_name": row["name"]}
    labels |= {"configuration_name": row["name"], "revision_name": row["latest_ready"]}
    request.resource.labels.update(labels)
    return request
