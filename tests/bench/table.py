"""The table of results: each figure against the floor of the same run, and whether it meets its budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HEADINGS = ("what", "measured", "floor", "ratio", "budget", "met")


class Row(NamedTuple):
    """One row of the table."""

    what: str
    measured: str
    budget: str
    met: bool
    floor: str = "-"
    ratio: float | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.what, self.measured, self.floor, ratio, self.budget, "yes" if self.met else "NO")


def formatted(rows: Sequence[Row]) -> str:
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
