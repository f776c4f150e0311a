"""A whole incident by keyboard, in a pseudo-terminal: from a failing service to a verified rollback and its undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program


def opened(emulator: EmulatorProcess, home: Path) -> Program:
    return Program("--project", "shop-prod", home=home, environment=emulator.environment)


@pytest.mark.timeout(240)
def test_from_a_failing_service_to_a_verified_rollback_and_its_undo(tmp_path: Path) -> None:
    with EmulatorProcess("calm") as emulator, opened(emulator, tmp_path) as console:
        console.shows("Services 16", "orders-api", "EMULATOR")
        (before,) = emulator.serving("orders-api")
        bad = emulator.deploy("orders-api", "broken-42")
        good_short, bad_short = before.removeprefix("orders-api-"), bad.removeprefix("orders-api-")

        console.until(lambda: top_service(console) == ("✖", "orders-api"), "the sick service on top")
        console.shows("Logs orders-api", " ERROR ", "ValueError", f"suspect {bad_short}", "error rate")
        assert emulator.serving("orders-api") == {bad: 100}

        console.press("R")
        console.shows("Roll back", "shop-prod/us-central1/orders-api", "BEFORE", "AFTER", "undo", "y yes, do it")
        assert plan_row(console, bad_short) == ["100", "%", "→", "0", "%"]
        assert plan_row(console, good_short) == ["0", "%", "→", "100", "%"]
        assert emulator.serving("orders-api") == {bad: 100}
        console.insist("y", lambda: "y yes, do it" not in console.text())

        console.shows("traffic moved; healthy: 5xx")
        assert emulator.serving("orders-api") == {before: 100}

        console.press("Z")
        console.shows("Undo the last traffic change", f"Type {bad} to do it")
        assert emulator.serving("orders-api") == {before: 100}
        fill_in(console, bad)
        console.until(lambda: emulator.serving("orders-api") == {bad: 100}, "the undo to serve")
        console.press("q")
        assert console.exit_code() == 0


def top_service(console: Program) -> tuple[str, str]:
    """The state symbol and name of the first service on the screen."""
    shape, name, *_ = [*console.text().splitlines()[3].strip("│ ").split(), "", ""]
    return shape, name


def plan_row(console: Program, revision: str) -> list[str]:
    """The dialog's line about a revision, without bars."""
    (row,) = [line for line in console.text().splitlines() if revision in line and "→" in line and "%" in line][-1:]
    words = row[row.rindex(revision) :].split()[1:]
    return [word for word in words if set(word) - {"█", "│"}][:5]


def fill_in(console: Program, name: str) -> None:
    """Types the name a dialog asks for; the last letter confirms, without Enter."""
    console.insist(name[0], lambda: f"> {name[0]}" in console.text())
    console.press(name[1:])
