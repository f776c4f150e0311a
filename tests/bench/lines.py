"""The logged lines, selected by number: of mixed kinds and lengths, 99 columns on average."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class LogLine(NamedTuple):
    """One line; `severity` is Cloud Logging's number."""

    severity: int
    word: str
    message: str


def log_line(number: int) -> LogLine:
    """The line with this number."""
    mixed = number * 0x9E3779B97F4A7C15 & (1 << 64) - 1
    ms = mixed % 480 + 4
    match number % 6:
        case 0:
            return LogLine(200, "INFO", f"GET /v1/items/{mixed % 100_003}?page={mixed % 41} 200 {ms} ms")
        case 1:
            text = f"order {mixed % 1_000_003} accepted for customer {mixed % 9_973}: {mixed % 7 + 1} items, {ms} EUR"
            return LogLine(200, "INFO", text)
        case 2:
            text = (
                f'{{"event":"stock.reserved","sku":"{mixed:016x}","warehouse":"eu-{mixed % 9}","left":{mixed % 5000},'
            )
            return LogLine(100, "DEBUG", f'{text}"request":"{mixed ^ 0x5DEECE66D:016x}"}}')
        case 3:
            return LogLine(200, "INFO", f"session {mixed:016x} renewed")
        case 4:
            text = (
                f"payment provider answered after {ms * 9} ms, retry {mixed % 3 + 1} of 3 for invoice {mixed % 99_991}"
            )
            return LogLine(400, "WARN", text)
        case _:
            return LogLine(200, "INFO", f"POST /v1/orders 201 {ms} ms")


def displayed_line(number: int, at: datetime, revision: str) -> str:
    """The line as the log pane shows it."""
    line = log_line(number)
    return f" {at:%H:%M:%S}.{at.microsecond // 1000:03d} {line.word:<5} {revision:<9} {line.message}"
