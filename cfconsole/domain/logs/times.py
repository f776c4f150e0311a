"""Moments of log entries, integers of nanoseconds since the epoch, as text. Knows no clock and no time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cfconsole.domain.durations import format_age

NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clock_time(ns: int, offset_s: int = 0) -> str:
    """`12:03:41.221` at an offset east of UTC; milliseconds are cut, not rounded."""
    seconds, rest = divmod(ns + offset_s * NS, NS)
    minutes, second = divmod(seconds % 86_400, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{rest // 1_000_000:03}"


def rfc3339(ns: int) -> str:
    """`2026-01-31T12:03:41.221Z`, with as many digits as the moment has."""
    seconds, rest = divmod(ns, NS)
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def relative_time(ns: int, now_ns: int) -> str:
    """`6m ago`; a moment that seems to lie ahead, because clocks differ, is `now`."""
    return f"{format_age((now_ns - ns) / NS)} ago" if now_ns - ns >= NS else "now"


def to_ns(moment: datetime) -> int:
    """Exact to the microsecond, which floats are not; `moment` must know its time zone."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
