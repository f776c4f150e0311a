"""`python -m tests.bench [ROW…] [--quick|--full]`: measures, and prints the table."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.programs import Workshop
from tests.bench.rows.burst import burst
from tests.bench.rows.chaos import chaos
from tests.bench.rows.first_screen import first_frame, fleet
from tests.bench.rows.memory import memory
from tests.bench.rows.rollback import rollback
from tests.bench.rows.slow_link import slow_link
from tests.bench.rows.streams import flood, idle, trickle
from tests.bench.rows.two_thousand import two_thousand
from tests.bench.table import Row, formatted

ROWS: dict[str, Callable[[Workshop], Iterator[Row]]] = {
    "first-frame": first_frame,
    "fleet": fleet,
    "two-thousand": two_thousand,
    "flood": flood,
    "trickle": trickle,
    "idle": idle,
    "slow-link": slow_link,
    "burst": burst,
    "chaos": chaos,
    "rollback": rollback,
    "memory": memory,
}


def main() -> int:
    """Returns 1 if a budget is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="shorter runs, less certain figures")
    parser.add_argument("--full", action="store_true", help="a million entries in the memory row")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; the rows are {', '.join(ROWS)}")
    # SIGTERM ends like ctrl-c, so that started programs are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="cfconsole-bench-") as folder:
        rows = _measured(Workshop(Path(folder), options.quick, options.full), options.rows or list(ROWS))
    sys.stdout.write(formatted(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


def _measured(workshop: Workshop, names: list[str]) -> list[Row]:
    found: list[Row] = []
    for name in names:
        begun = time.monotonic()
        found += ROWS[name](workshop)
        sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
