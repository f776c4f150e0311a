"""The time from the key to the dialog, and from the confirmation to the request at the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median
from typing import NamedTuple

from tests.bench.programs import FIRST_SCREEN, EmulatorAddress, Workshop, console, emulator
from tests.bench.table import Row

DIALOG_BUDGET_S = 0.1
WIRE_BUDGET_S = 0.05
SERVICES = ("orders-api", "cart", "inventory", "payments", "web-frontend")
_UPDATE = "google.cloud.run.v2.Services/UpdateService"
_DIALOG = "Roll back"
_CONFIRM = "yes, do it"
_DEAF_S = 0.6


class Rollback(NamedTuple):
    """The times in seconds, and the number of writes the server got."""

    dialog: float
    wire: float
    writes: int


def rollback(workshop: Workshop) -> Iterator[Row]:
    with emulator(workshop) as at:
        done = [_once(workshop, at, name) for name in SERVICES[: 2 if workshop.quick else None]]
    dialog = median(each.dialog for each in done)
    wire = median(each.wire for each in done)
    writes = max(each.writes for each in done)
    yield Row("R → dialog", f"{dialog * 1000:.0f} ms", "≤ 100 ms", dialog <= DIALOG_BUDGET_S)
    yield Row("confirmed → request at the server", f"{wire * 1000:.0f} ms", "≤ 50 ms", wire <= WIRE_BUDGET_S)
    yield Row("writes of one rollback", str(writes), "1", {each.writes for each in done} == {1})


def _once(workshop: Workshop, at: EmulatorAddress, name: str) -> Rollback:
    before = at.world()["calls"].get(_UPDATE, 0)
    with console(workshop, at, "--service", name, size=FIRST_SCREEN, watched=True) as link:
        link.until_shown("instances")
        time.sleep(2)
        pressed = link.press("R")
        dialog = link.until_shown(_DIALOG) - pressed
        link.until_shown(_CONFIRM)
        time.sleep(_DEAF_S)
        confirmed = time.time()
        link.press("y")
        link.until(lambda: not any(_CONFIRM in row for row in link.screen.display), "the dialog to close")
        time.sleep(2)
        world = at.world()
    arrived = datetime.fromisoformat(world["called_at"][_UPDATE]).timestamp()
    return Rollback(dialog, arrived - confirmed, world["calls"][_UPDATE] - before)
