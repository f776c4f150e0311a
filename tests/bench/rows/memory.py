"""Memory after many entries through a real gRPC tail without a quota."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.feed import LineWriter
from tests.bench.programs import Workshop, console, idle_emulator
from tests.bench.rows.streams import SERVICE
from tests.bench.table import Row

MOST_MB = 150.0
FLAT = 1.05
_BATCH = 250


def memory(workshop: Workshop) -> Iterator[Row]:
    step, steps = (50_000, 2) if workshop.quick else (200_000, 5 if workshop.full else 2)
    sizes: list[float] = []
    with idle_emulator(workshop) as at, console(workshop, at, "--service", SERVICE, watched=True) as link:
        pen = LineWriter(at, SERVICE)
        link.until_shown("Services 16")
        for number in range(1, steps + 1):
            while pen.written < number * step:
                pen.write(_BATCH)
            pen.mark(f"the end of step {number}")
            link.until_shown(f"the end of step {number}", within=120)
            sizes.append(link.memory())
        nothing_lost = any(" 0 lost" in row for row in link.screen.display)
        pen.close()
    yield Row(f"memory after {steps * step:,} entries", f"{sizes[-1]:.0f} MB", "≤ 150 MB", max(sizes) <= MOST_MB)
    ratio = sizes[-1] / sizes[0]
    yield Row("and its growth", f"{sizes[-1]:.0f} MB", "flat", ratio <= FLAT, f"{sizes[0]:.0f} MB at {step:,}", ratio)
    yield Row("and entries lost", "0" if nothing_lost else "some", "0", nothing_lost)
