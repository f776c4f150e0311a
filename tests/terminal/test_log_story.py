"""An incident in the log pane by keyboard: the newest error, its trace and revision, and an export of all errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program


@pytest.mark.timeout(240)
def test_from_a_red_log_to_the_trace_of_an_error_and_a_file_of_all(tmp_path: Path) -> None:
    with (
        EmulatorProcess("calm") as emulator,
        Program("--project", "shop-prod", home=tmp_path, environment=emulator.environment) as console,
    ):
        console.shows("Services 16", "orders-api")
        bad = emulator.deploy("orders-api", "broken-42")
        console.shows("Logs orders-api", " ERROR ", "ValueError: unknown currency")

        console.press("e")
        console.shows("paused")
        console.press("\r")
        console.shows("Log entry", "severity   ERROR", f"revision   {bad}", "Trace ·", "log lines of")
        console.press("\x1b")
        console.shows_no("Log entry")

        console.press(":filter severity>=ERROR\r")
        console.shows("filter severity>=ERROR", "Filter applied.", "ValueError: unknown currency")
        console.press(":save ~/errors.json\r")
        console.shows("rows written to", "errors.json")
        rows = [json.loads(line) for line in (tmp_path / "errors.json").read_text().splitlines()]
        ours = [row for row in rows if str(row.get("log")).startswith("run.googleapis.com/")]
        assert {row["severity"] for row in ours} == {"ERROR"}

        console.press(":filter\r")
        console.shows("Filter removed.", " INFO ")
