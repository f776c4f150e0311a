"""A burst of twenty times the quota for ten seconds: entries sent by the emulator against rows of the log pane."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyte

from tests.bench.link import Link
from tests.bench.programs import Workshop, console, idle_emulator
from tests.bench.rows.streams import SERVICE
from tests.bench.table import Row

BURST_PER_S = 20_000
USUAL_S = 10
BUDGET_S = 0.05
_WORD = "abcdefghijklmnopqrstuvwxyz" * 2
_BETWEEN_KEYS_S = 0.11
_OPENS_S = 4.0
_BEGINS_S = 1.5
_LASTS_AT_MOST_S = 60.0
_BELOW = re.compile(r"paused · ([\d,]+) below")
_LINE = re.compile(r"reserved stock for order \d+ ")


class Pressed(NamedTuple):
    """A typed key, and the text of the bottom row that answers it."""

    at: float
    word: str


def burst(workshop: Workshop) -> Iterator[Row]:
    """Configures a log buffer large enough for all entries, so that its rows can be counted."""
    seconds = int(workshop.seconds(USUAL_S, 5))
    total = BURST_PER_S * seconds
    with idle_emulator(workshop) as at:
        options = ("--service", SERVICE, "--config", str(_roomy(workshop, total)))
        with console(workshop, at, *options) as link:
            time.sleep(_OPENS_S)
            link.press("l+")
            quiet = _typed(link)
            begun, spent = time.monotonic(), link.cpu()
            at.post("logs", {"service": SERVICE, "per_second": BURST_PER_S, "seconds": seconds})
            time.sleep(_BEGINS_S)
            loud = _typed(link)
            time.sleep(max(0.0, begun + seconds - time.monotonic()))
            link.watch()
            link.until_shown(f"for order {total - 1} ", within=_LASTS_AT_MOST_S)
            spent = link.cpu() - spent
            none_lost = any(" 0 lost" in row for row in link.screen.display)
            count = _count_rows(link)
            waits = _waits(link, quiet + loud)
    quiet_p99, p99 = _p99(waits[: len(quiet)]), _p99(waits[len(quiet) :])
    what = f"burst {BURST_PER_S:,}/s for {seconds} s"
    yield Row(f"{what}: rows in the log", f"{count:,}", f"{total:,}, 0 lost", count == total and none_lost)
    measured, floor = f"{p99 * 1000:.0f} ms", f"{quiet_p99 * 1000:.0f} ms without"
    yield Row(f"{what}: key, p99", measured, "≤ 50 ms", p99 <= BUDGET_S, floor, p99 / quiet_p99)
    yield Row(f"{what}: CPU", f"{spent / total * 1e6:.0f} µs an entry", "-", True)


def _roomy(workshop: Workshop, total: int) -> Path:
    file = workshop.folder / "roomy.toml"
    file.write_text(f'[logs]\nentries = {total + 1_000}\nsize = "1GiB"\n')
    return file


def _typed(link: Link) -> list[Pressed]:
    """Types letters into the command line at an even pace. Their answers are found later in the recording.

    Rendering a screen meanwhile would take part of the time.
    """
    link.press(":")
    time.sleep(1)
    pressed = []
    for number, letter in enumerate(_WORD, 1):
        pressed.append(Pressed(link.press(letter), _WORD[:number]))
        time.sleep(_BETWEEN_KEYS_S)
    link.press("\x1b")
    time.sleep(1)
    return pressed


def _waits(link: Link, pressed: list[Pressed]) -> list[float]:
    """How long each key waited for its answer."""
    screen = pyte.Screen(link.screen.columns, link.screen.lines)
    feed, waits, left = pyte.ByteStream(screen).feed, list[float](), list(reversed(pressed))
    for delivery in link.deliveries:
        feed(delivery.data)
        bottom = "".join(screen.buffer[screen.lines - 1][x].data for x in range(len(_WORD) + 4))
        while left and delivery.at >= left[-1].at and left[-1].word in bottom:
            waits.append(delivery.at - left.pop().at)
    if left:
        raise LookupError(f"{len(left)} keys were never answered, {left[-1].word!r} first")
    return waits


def _count_rows(link: Link) -> int:
    """The number of entries in the filtered log: those visible from the first on, and those below them."""
    link.press("/reserved stock\r")
    for _ in range(2):
        time.sleep(2)
        link.press("g")
    time.sleep(1)
    found = next(match for row in link.screen.display if (match := _BELOW.search(row)))
    in_sight = sum(bool(_LINE.search(row)) for row in link.screen.display)
    return int(found[1].replace(",", "")) + in_sight


def _p99(waits: list[float]) -> float:
    return sorted(waits)[max(0, round(len(waits) * 0.99) - 1)]
