"""From the start of the process to a text on the terminal: the first frame, and a fleet of 200 services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

from tests.bench.floor import READY
from tests.bench.programs import FIRST_SCREEN, Workshop, console, emulator, floor
from tests.bench.table import Row

FIRST_FRAME_BUDGET = 1.2
FLEET_BUDGET = 3.5
_FIRST_FRAME = ("cfconsole", "Services", "Alerts", "Logs", "quit")
_FLEET = "Services 200"
_FLEET_ARRIVES_S = 3.0


def first_frame(workshop: Workshop) -> Iterator[Row]:
    """The first frame without a cached state: panes, header and footer."""
    with emulator(workshop) as at:

        def once() -> float:
            _forget(workshop)
            with console(workshop, at, size=FIRST_SCREEN) as link:
                return link.until_text(*_FIRST_FRAME)

        yield _against_bare(workshop, "first frame, 120x40", once, FIRST_FRAME_BUDGET)


def fleet(workshop: Workshop) -> Iterator[Row]:
    """The rows of a fleet without a cached state: every start lists all regions."""
    with emulator(workshop, "--scenario", "fleet", "--services", "200") as at:

        def once() -> float:
            _forget(workshop)
            with console(workshop, at, project="fleet-prod", size=FIRST_SCREEN) as link:
                # Found in the recording, because rendering a screen meanwhile would take part of the time.
                time.sleep(_FLEET_ARRIVES_S)
                return link.first_shown(_FLEET)

        yield _against_bare(workshop, "200 services on screen", once, FLEET_BUDGET)


def _against_bare(workshop: Workshop, what: str, once: Callable[[], float], budget: float) -> Row:
    """Runs both in turn, the first pair to warm the caches; returns the medians of the others."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(int(workshop.seconds(10, 4))):
        with floor(workshop, "bare", size=FIRST_SCREEN) as link:
            bare.append(link.until_text(READY))
        ours.append(once())
    measured, least = median(ours[1:]), median(bare[1:])
    ratio = measured / least
    return Row(what, f"{measured:.3f} s", f"≤ {budget:.1f} of bare", ratio <= budget, f"{least:.3f} s bare app", ratio)


def _forget(workshop: Workshop) -> None:
    for file in (workshop.folder / "cache").rglob("*.msgpack"):
        file.unlink()
