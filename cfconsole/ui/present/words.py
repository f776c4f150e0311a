"""How numbers, times and states are said, the same way on every pane and never wider than their column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from cfconsole.domain.services import Health

ABSENT = "-"
"""Read, and there is none."""
UNREADABLE = "?"
"""Could not be read."""


class Mark(NamedTuple):
    """A state as shape, word and style, so that colour never carries it alone."""

    glyph: str
    word: str
    style: str


MARKS: dict[Health, Mark] = {
    Health.READY: Mark("●", "ready", "good"),
    Health.DEPLOYING: Mark("↻", "deploying", "accent"),
    Health.PINNED: Mark("◐", "pinned", "warn"),
    Health.DEGRADED: Mark("◆", "degraded", "warn"),
    Health.ERRORING: Mark("✖", "erroring", "bad"),
    Health.DOWN: Mark("■", "down", "bad"),
    Health.UNKNOWN: Mark("?", "unknown", "dim"),
}


def age(seconds: float) -> str:
    """A duration in at most 4 cells: `40s`, `6m`, `23h`, `9d`, `2y`."""
    seconds = max(0.0, seconds)
    for size, unit, limit in ((1, "s", 60), (60, "m", 3600), (3600, "h", 48 * 3600), (86400, "d", 1000 * 86400)):
        if seconds < limit:
            return f"{int(seconds / size)}{unit}"
    return f"{int(seconds / (365 * 86400))}y"


def since(then: datetime | None, now: datetime) -> str:
    return ABSENT if then is None else age((now - then).total_seconds())


def rate(fraction: float | None) -> str:
    """A share of requests in at most 6 cells: `0.1%`, `12.4%`, `100%`."""
    if fraction is None:
        return ABSENT
    percent = fraction * 100
    return "100%" if percent >= 99.95 else f"{percent:.1f}%"


def rps(value: float | None) -> str:
    """Requests per second in at most 5 cells."""
    if value is None:
        return ABSENT
    if value < 9.95:
        return f"{value:.1f}"
    return f"{value:.0f}" if value < 10_000 else f"{value / 1000:.0f}k"


def latency(milliseconds: float | None) -> str:
    """A latency in at most 5 cells: `80ms`, `3.4s`, `62s`, `5m`."""
    if milliseconds is None:
        return ABSENT
    if milliseconds < 999.5:
        return f"{milliseconds:.0f}ms"
    seconds = milliseconds / 1000
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    return f"{seconds:.0f}s" if seconds < 600 else f"{seconds / 60:.0f}m"


def clock(moment: datetime) -> str:
    """Time of day, UTC, as everything on the screen is."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def clock_ns(nanoseconds: int) -> str:
    """Time of day with milliseconds; plain arithmetic, as this is done for every visible log row."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    minutes, second = divmod(seconds % 86_400, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}.{rest // 1_000_000:03}"


def count(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
