"""Log rows for the tests of the domain, with defaults for all that a test does not care about."""

from __future__ import annotations

from cfconsole.domain.logs.buffer import LogRows
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.rows import Row


def entry(
    at: int,
    insert_id: str = "a",
    message: str = "hello",
    *,
    log: str = "run.googleapis.com/stderr",
    severity: int = Severity.INFO,
    service: str = "orders",
    payload: str = "",
) -> LogEntry:
    return LogEntry(at, insert_id, severity, log, "shop", "us-central1", service, f"{service}-00001", message, payload)


def gap(at: int, at_least: int = 5, reason: GapReason = GapReason.RATE_LIMIT) -> Gap:
    return Gap(reason, at_least, at - 10, at)


def rows(log: LogRows) -> list[Row]:
    return [log.row(index) for index in range(len(log))]
