"""A slow line during a flood: how long a key waits for its answer, measured at the far end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from tests.bench.feed import LineWriter, running_feed
from tests.bench.link import Link
from tests.bench.programs import Workshop, console, idle_emulator
from tests.bench.rows.streams import FLOOD_PER_S, SERVICE
from tests.bench.table import Row

_BETWEEN_KEYS_S = 0.37
_SETTLE_S = 6.0
_NAME_COLUMN = 6


class Line(NamedTuple):
    """A line speed with its budget: seconds from key to answer."""

    bytes_per_s: float
    usual: float
    most: float


LINES = (Line(2_000, 0.2, 0.3), Line(20_000, 0.05, 0.2))


def slow_link(workshop: Workshop) -> Iterator[Row]:
    for line in LINES:
        with idle_emulator(workshop) as at:
            pen = LineWriter(at, SERVICE)
            options = ("--service", SERVICE)
            with console(workshop, at, *options, rate=line.bytes_per_s, watched=True) as link:
                link.until_shown("Services 16")
                with running_feed(pen, FLOOD_PER_S):
                    time.sleep(_SETTLE_S)
                    typed = _typing(link, int(workshop.seconds(30, 12)))
                    moved = _moving(link, int(workshop.seconds(30, 12)))
            pen.close()
        yield _row("echo of a typed letter", line, typed)
        yield _row("cursor to the next service", line, moved)


def _typing(link: Link, times: int) -> list[float]:
    """Types letters into the command line at the bottom."""
    link.press(":")
    time.sleep(1)
    waits = []
    for number in range(times):
        word = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"[: number + 1]
        pressed = link.press(word[-1])
        waits.append(_until_typed(link, word) - pressed)
        time.sleep(_BETWEEN_KEYS_S)
    link.press("\x1b")
    time.sleep(1)
    return waits


def _until_typed(link: Link, word: str) -> float:
    return link.until(lambda: word in link.screen.display[-1], f"{word!r} at the bottom")


def _moving(link: Link, times: int) -> list[float]:
    """Moves the cursor down and up again during the flood."""
    waits = []
    for number in range(times):
        before = _cursor_row(link)
        pressed = link.press("kj"[number % 2])
        waits.append(_until_moved(link, before) - pressed)
        time.sleep(_BETWEEN_KEYS_S)
    return waits


def _until_moved(link: Link, before: int | None) -> float:
    return link.until(lambda: _cursor_row(link) not in {before, None}, "the cursor to move")


def _cursor_row(link: Link) -> int | None:
    """The row of the services pane in reverse video."""
    lines = link.screen.buffer
    return next((y for y in range(link.screen.lines) if lines[y][_NAME_COLUMN].reverse), None)


def _row(what: str, line: Line, waits: list[float]) -> Row:
    usual, most = median(waits), max(waits)
    return Row(
        f"{line.bytes_per_s / 1000:.0f} KB/s line in the flood: {what}",
        f"{usual * 1000:.0f} ms, max {most * 1000:.0f} ms",
        f"≤ {line.usual * 1000:.0f} ms, max {line.most * 1000:.0f} ms",
        usual <= line.usual and most <= line.most,
    )
