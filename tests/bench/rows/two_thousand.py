"""A fleet of 2,000 services in 20 regions: keys, the cost of a refresh, and calls that grow only with regions."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pyte

from tests.bench.link import Link
from tests.bench.programs import LARGE_SCREEN, EmulatorAddress, Workshop, console, emulator
from tests.bench.table import Row

SERVICES = 2_000
REGIONS = 20
KEY_BUDGET_S = 0.05
CORE_BUDGET = 0.2
_WORDS = ("api-1", "sync-09", "europe-west", "!worker", "00")
_BETWEEN_KEYS_S = 0.25
_FILLS_S = 12.0


def two_thousand(workshop: Workshop) -> Iterator[Row]:
    seconds = workshop.seconds(60, 20)
    with (
        emulator(workshop, "--scenario", "fleet", "--services", str(SERVICES)) as at,
        console(workshop, at, project="fleet-prod", size=LARGE_SCREEN) as link,
    ):
        time.sleep(_FILLS_S)
        waits = _filtered(link)
        before = _calls(at)
        use = link.use(seconds)
        calls = _calls(at) - before
        shown_after_s = link.first_shown(f"Services {SERVICES}")
    yield Row(f"{SERVICES:,} services: on screen after", f"{shown_after_s:.2f} s", "-", True)
    waits.sort()
    p50, p90 = waits[len(waits) // 2], waits[len(waits) * 9 // 10]
    measured = f"{p50 * 1000:.0f} ms, p90 {p90 * 1000:.0f} ms"
    yield Row(f"{SERVICES:,} services: letter of a filter", measured, "≤ 50 ms", p90 <= KEY_BUDGET_S)
    yield Row(f"{SERVICES:,} services: CPU", f"{use.cores:.3f} core", "≤ 0.2 core", use.cores <= CORE_BUDGET)
    yield _calls_row(calls, seconds)


def _calls_row(calls: Counter[str], seconds: float) -> Row:
    """Regions are listed every five seconds, metrics every few; only the selected service is read on its own."""
    lists, others = calls["ListServices"], calls.total() - calls["ListServices"]
    rounds = seconds / 5 + 1
    few = lists <= REGIONS * rounds and others <= 20 * rounds
    named = ", ".join(f"{count} {name}" for name, count in calls.most_common(3))
    return Row(
        f"calls in {seconds:.0f} s", f"{calls.total()}: {named}", f"regions + metrics: ≤ {REGIONS}/5 s + few", few
    )


def _calls(at: EmulatorAddress) -> Counter[str]:
    calls: Counter[str] = Counter()
    for method, count in at.world()["calls"].items():
        calls[method.rpartition("/")[2]] += count
    return calls


def _filtered(link: Link) -> list[float]:
    """Types filters at an even pace. A letter is answered when the pane shows the matches of it or of a later one."""
    pressed: list[tuple[float, str]] = []
    for word in _WORDS:
        link.press("/")
        time.sleep(_BETWEEN_KEYS_S)
        for number, letter in enumerate(word, 1):
            pressed.append((link.press(letter), word[:number]))
            time.sleep(_BETWEEN_KEYS_S)
        link.press("\x1b")
        time.sleep(1)
    return _answers(link, pressed)


def _answers(link: Link, pressed: list[tuple[float, str]]) -> list[float]:
    screen = pyte.Screen(link.screen.columns, link.screen.lines)
    feed, waits, left = pyte.ByteStream(screen).feed, list[float](), list(reversed(pressed))
    for delivery in link.deliveries:
        feed(delivery.data)
        top = "".join(screen.buffer[y][x].data for y in range(3) for x in range(screen.columns))
        while left and delivery.at >= left[-1][0] and f"/{left[-1][1]}" in top:
            waits.append(delivery.at - left.pop()[0])
    if left:
        raise LookupError(f"{len(left)} letters were never answered, {left[-1][1]!r} first")
    return waits
