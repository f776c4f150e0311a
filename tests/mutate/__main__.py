"""`python -m tests.mutate [--seed TEXT] [--count N] [--layer L …] [--workers N] [--budget S] [--list | --run NAME]`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.modules import PACKAGE, source_files
from tests.mutate.line_map import read_map, record, unrecorded
from tests.mutate.mutants import LAYERS, Equivalent, Mutant, drawn, mutants_of, read_equivalents
from tests.mutate.nearest import Nearest
from tests.mutate.run import Copies, Fate, Verdict, judged

EQUIVALENTS = Path(__file__).with_name("equivalents.txt")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = _options()
    mutants = mutants_of(options.layer or LAYERS)
    if options.run:
        return _try_one(mutants, options.run, options.budget)
    sample = drawn(mutants, options.seed, options.count)
    if options.list:
        return _say("\n".join(map(str, sample)))
    equivalents = read_equivalents(EQUIVALENTS.read_text())
    _say_stale(equivalents, mutants_of(LAYERS))
    known = {entry.change for entry in equivalents}
    tried = [mutant for mutant in sample if mutant.change not in known]
    _say(f"{len(sample)} drawn, {len(sample) - len(tried)} of them known to be equivalent and set aside.")
    return _say(summary(_try_all(tried, options.workers, options.budget)))


def _options() -> argparse.Namespace:
    description = "Draws mutants and tries to kill them. One whose tests do not end in time counts as killed."
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=description)
    parser.add_argument("--seed", default="1", help="any text; it says which sample is drawn (1)")
    parser.add_argument("--count", type=int, default=200, help="how many mutants are drawn (200)")
    parser.add_argument("--layer", action="append", choices=LAYERS, help="draw from this layer only; may be repeated")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=1, help="how many are tried at once (1)")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of tests that one has to survive (20)")
    parser.add_argument("--list", action="store_true", help="list the sample and try none")
    parser.add_argument("--run", metavar="NAME", help="try one by its name, and show what the tests say")
    return parser.parse_args()


def _try_one(mutants: Sequence[Mutant], name: str, budget_s: float) -> int:
    chosen = [mutant for mutant in mutants if mutant.name == name]
    if not chosen:
        return _say(f"No mutant is called {name}.", 2)
    (verdict,) = _try_all(chosen, 1, budget_s)
    return _say(f"{verdict.log}\n{verdict}")


def _say_stale(equivalents: Sequence[Equivalent], mutants: Sequence[Mutant]) -> None:
    changes = {mutant.change for mutant in mutants}
    for entry in equivalents:
        if entry.change not in changes:
            _say(f"No longer a mutant, though listed as equivalent: {entry.owner}: {entry.before}")


def _try_all(mutants: Sequence[Mutant], workers: int, budget_s: float) -> list[Verdict]:
    """Tries them all and says at once which survive."""
    verdicts = []
    with Copies(workers) as copies:
        _record(copies)
        nearest = _nearest()
        tests = {mutant.name: nearest.tests_of(mutant, budget_s) for mutant in mutants}
        for verdict in copies.each(lambda copy, mutant: judged(copy, mutant, tests[mutant.name]), mutants):
            verdicts.append(verdict)
            if not verdict.fate.is_death:
                _say(str(verdict))
    return verdicts


def _nearest() -> Nearest:
    texts = {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in source_files(PACKAGE)}
    return Nearest(texts, read_map())


def _record(copies: Copies) -> None:
    """Runs every file of tests once of which no record is kept."""
    files = unrecorded()
    if files:
        _say(f"Recording which lines the tests execute: {len(files)} files of tests.")
    for trouble in copies.each(record, files):
        if trouble:
            _say(trouble)


def summary(verdicts: Sequence[Verdict]) -> str:
    """The share killed in each layer and in all, and what became of how many."""
    shares = [_share(layer, [v for v in verdicts if v.mutant.layer == layer]) for layer in LAYERS]
    fates = ", ".join(_fates(verdicts)) or "none tried"
    seconds = sum(verdict.seconds for verdict in verdicts)
    return "\n".join([*filter(None, shares), _share("all", verdicts), f"{fates}; {seconds:.0f} s of tests"])


def _share(name: str, verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return ""
    dead = sum(verdict.fate.is_death for verdict in verdicts)
    return f"{name:8}{100 * dead / len(verdicts):5.1f} % of {len(verdicts)} killed"


def _fates(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for fate in Fate:
        if count := sum(verdict.fate is fate for verdict in verdicts):
            yield f"{count} {fate.value}"


def _say(text: str, code: int = 0) -> int:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
