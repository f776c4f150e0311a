"""Logs streaming into the whole screen: a flood, a trickle, and nothing, against lnav on the same lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pyte

from tests.bench.feed import LineWriter, running_feed
from tests.bench.link import Delivery, Link, ResourceUse
from tests.bench.programs import LARGE_SCREEN, Workshop, console, floor, idle_emulator, lnav
from tests.bench.table import Row

SERVICE = "orders-api"
FLOOD_PER_S = 1_000
TRICKLE_PER_S = 20
_QUESTION = b"\x1b[6n"
_SETTLE_S = 3.0


class Streamed(NamedTuple):
    """The resources of both programs on the same lines."""

    ours: ResourceUse
    lnav: ResourceUse | None
    repaints_per_s: float


def flood(workshop: Workshop) -> Iterator[Row]:
    """Opens the log pane in full size."""
    seconds = workshop.seconds(60, 20)
    got = _stream(workshop, FLOOD_PER_S, seconds)
    rich = _rich_log(workshop)
    size = f"{FLOOD_PER_S:,}/s for {seconds:.0f} s"
    if got.lnav:
        ratio = got.ours.bytes_per_s / got.lnav.bytes_per_s
        yield Row(f"flood {size}: bytes", _kb(got.ours), "≤ lnav", ratio <= 1, f"{_kb(got.lnav)} lnav", ratio)
        ratio = got.ours.cores / max(got.lnav.cores, 0.001)
        floor_cpu, against = f"{got.lnav.cores:.3f} core lnav", ratio
    else:
        floor_cpu, against = "-", None
    cpu = got.ours.cores
    yield Row("flood: CPU of the console", f"{cpu:.3f} core", "≤ 0.12 core", cpu <= 0.12, floor_cpu, against)
    painted = got.repaints_per_s
    yield Row("flood: repaints of the log", f"{painted:.1f}/s", "≥ 2/s", painted >= 2)
    yield Row(
        "flood: against Textual RichLog",
        f"{_kb(got.ours)}, {cpu:.3f} core",
        "less",
        got.ours.bytes_per_s < rich.bytes_per_s and cpu < rich.cores,
        f"{_kb(rich)}, {rich.cores:.2f} core",
        got.ours.bytes_per_s / rich.bytes_per_s,
    )


def trickle(workshop: Workshop) -> Iterator[Row]:
    got = _stream(workshop, TRICKLE_PER_S, workshop.seconds(20, 10))
    yield _bytes_row(f"trickle {TRICKLE_PER_S}/s: bytes", got, 5_000, "≤ 5 KB/s")


def idle(workshop: Workshop) -> Iterator[Row]:
    got = _stream(workshop, 0, workshop.seconds(20, 10))
    yield _bytes_row("idle: bytes", got, 100, "≤ 100 B/s")
    floor_cpu = f"{got.lnav.cores:.3f} core lnav" if got.lnav else "-"
    yield Row("idle: CPU", f"{got.ours.cores:.3f} core", "≤ 0.01 core", got.ours.cores <= 0.01, floor_cpu)


def _bytes_row(what: str, got: Streamed, most: float, budget: str) -> Row:
    least = f"{_kb(got.lnav)} lnav" if got.lnav else "-"
    ratio = got.ours.bytes_per_s / got.lnav.bytes_per_s if got.lnav and got.lnav.bytes_per_s else None
    return Row(what, _kb(got.ours), budget, got.ours.bytes_per_s <= most, least, ratio)


def _stream(workshop: Workshop, per_second: float, seconds: float) -> Streamed:
    """The console with its log pane in full size, and lnav, fed with the same lines at the same time."""
    file = workshop.folder / f"stream-{per_second:.0f}.log"
    with contextlib.ExitStack() as stack:
        at = stack.enter_context(idle_emulator(workshop))
        ours = stack.enter_context(console(workshop, at, "--service", SERVICE))
        pen = LineWriter(at, SERVICE, file)
        stack.callback(pen.close)
        ours.until_text(SERVICE)
        pen.write(LARGE_SCREEN[1])
        other = lnav(workshop, file)
        if other:
            stack.enter_context(other)
        ours.press("l+")
        if per_second:
            stack.enter_context(running_feed(pen, per_second))
        ours.use(_SETTLE_S)
        return _measured(ours, other, seconds)


def _measured(ours: Link, other: Link | None, seconds: float) -> Streamed:
    start = len(ours.deliveries)
    cpu, written = (other.cpu(), other.total) if other else (0.0, 0)
    use = ours.use(seconds)
    theirs = None
    if other:
        theirs = ResourceUse(use.seconds, (other.total - written) / use.seconds, (other.cpu() - cpu) / use.seconds)
    return Streamed(use, theirs, _repaints(ours.deliveries, start) / use.seconds)


def _repaints(deliveries: list[Delivery], start: int) -> int:
    """The number of frames from `start` on that changed the rows of the log."""
    screen = pyte.Screen(*LARGE_SCREEN)
    stream = pyte.ByteStream(screen)
    stream.feed(b"".join(delivery.data for delivery in deliveries[:start]))
    count, before = 0, screen.display[5:-4]
    for frame in b"".join(delivery.data for delivery in deliveries[start:]).split(_QUESTION):
        stream.feed(frame)
        after = screen.display[5:-4]
        count += before != after
        before = after
    return count


def _rich_log(workshop: Workshop) -> ResourceUse:
    with floor(workshop, "richlog", str(FLOOD_PER_S), size=LARGE_SCREEN) as link:
        link.use(_SETTLE_S)
        return link.use(workshop.seconds(10, 5))


def _kb(use: ResourceUse) -> str:
    return f"{use.bytes_per_s / 1000:.1f} KB/s" if use.bytes_per_s >= 1000 else f"{use.bytes_per_s:.0f} B/s"
