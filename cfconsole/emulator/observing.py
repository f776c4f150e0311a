"""Joins the observability half to the world: where logs and metric points go, and who serves them."""

from __future__ import annotations

from collections import deque
from typing import Any

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.faults import Faults


class _Kept:
    def __init__(self) -> None:
        self.entries: deque[Any] = deque(maxlen=10_000)

    def write(self, entry: Any) -> None:
        self.entries.append(entry)


class Observing:
    """The log store, the metric store and the alert book of one emulator."""

    def __init__(self, clock: Clock, faults: Faults, *, sample_period_s: float, ingest_delay_s: float) -> None:
        self.logs = _Kept()

    def generic_handlers(self) -> list[Any]:
        return []
