"""Numbers, times and states as text: the same on every pane, and never wider than their column."""

from datetime import UTC, datetime
from typing import NamedTuple

from cfconsole.domain.durations import format_age as age
from cfconsole.domain.durations import format_latency as latency
from cfconsole.domain.durations import format_percent as rate
from cfconsole.domain.durations import format_rate as rps
from cfconsole.domain.fleet.services import Health
from cfconsole.domain.logs.times import clock_time as clock_ns

__all__ = [
    "ABSENT",
    "MARKS",
    "UNREADABLE",
    "Mark",
    "age",
    "clock",
    "clock_ns",
    "count",
    "latency",
    "rate",
    "reason",
    "rps",
    "since",
]

ABSENT = "-"
"""Read, and there is none."""
UNREADABLE = "?"
"""Could not be read."""


class Mark(NamedTuple):
    """A state as shape, word and style; colour is never the only sign of it."""

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


def since(then: datetime | None, now: datetime) -> str:
    return ABSENT if then is None else age((now - then).total_seconds())


def clock(moment: datetime) -> str:
    """Time of day in UTC, like all times on the screen."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def reason(why: str) -> str:
    """A reason as the second half of a sentence: `no release is under way`."""
    why = why.removesuffix(".")
    return why if why[1:2].isupper() else why[:1].lower() + why[1:]


def count(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
