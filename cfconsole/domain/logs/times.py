"""Times of log entries, in nanoseconds since the epoch, as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cfconsole.domain.durations import format_age

NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clock_time(ns: int, offset_s: int = 0) -> str:
    """`12:03:41.221` at an offset east of UTC, cut to milliseconds."""
    seconds, rest = divmod(ns + offset_s * NS, NS)
    minutes, second = divmod(seconds % 86_400, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{rest // 1_000_000:03}"


def rfc3339(ns: int) -> str:
    """`2026-01-31T12:03:41.221Z`, with as many digits as the time has."""
    seconds, rest = divmod(ns, NS)
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def relative_time(ns: int, now_ns: int) -> str:
    """`6m ago`; a time that seems to be in the future, because clocks differ, is `now`."""
    return f"{format_age((now_ns - ns) / NS)} ago" if now_ns - ns >= NS else "now"


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch, exact to the microsecond; `moment` must have a time zone."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
