"""Errors while the console runs are shown on the screen where they occur, and everything else continues."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program

pytestmark = pytest.mark.timeout(240)
"""Generous, because real processes are slow on a busy machine."""

CTRL_R = "\x12"


def opened(emulator: EmulatorProcess, home: Path) -> Program:
    return Program("--project", "shop-prod", home=home, environment=emulator.environment)


def row_of(console: Program, service: str) -> str:
    """The line of a service in the services pane."""
    return next((line for line in console.text().splitlines() if f" {service} " in line), "")


def test_a_killed_emulator_is_reported_and_its_successor_is_used(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator, opened(emulator, tmp_path) as console:
        console.shows("Services 16", "live")
        emulator.kill()
        console.shows("s old: Cloud Run can't be reached", "stale", "orders-api")
        console.press("?")
        console.shows("┌ Keys ─")
        console.press("\x1b")
        console.shows_no("┌ Keys ─")
        with emulator.successor() as successor:
            console.press(CTRL_R)
            console.shows(" live ", within=15)
            successor.deploy("orders-api", "ok-43")
            console.until(lambda: "00042" in row_of(console, "orders-api"), "what was deployed on the successor")
        console.press("q")
        assert console.ended_clean() == 0


@pytest.mark.parametrize(
    ("methods", "says", "still_there"),
    [
        (["google.monitoring.v3.MetricService*"], "! Metrics: Cloud Monitoring refused", "No open alerts."),
        (["ListAlerts", "ListLogEntries"], "Alerts ?", "0.0%"),
        (["google.logging.v2.*"], "Cloud Logging refused", "0.0%"),
    ],
)
def test_one_denied_api_leaves_the_others(tmp_path: Path, methods: list[str], says: str, still_there: str) -> None:
    with EmulatorProcess() as emulator:
        for method in methods:
            emulator.fault(kind="denied", method=method, permission="viewing.is.denied")
        with opened(emulator, tmp_path) as console:
            console.shows("Services 16", says, "viewing.is.denied", still_there)
            console.press("q")
            assert console.ended_clean() == 0


def test_denied_metrics_are_question_marks(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator:
        emulator.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
        with opened(emulator, tmp_path) as console:
            console.shows("Services 16", "! Metrics:", "metrics ?")
            assert row_of(console, "orders-api").split("│")[1].split()[3:6] == ["?", "?", "?"]


def test_a_lost_region_is_named_until_it_is_back(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator:
        emulator.fault(kind="lost-region", region="europe-west1")
        with opened(emulator, tmp_path) as console:
            console.shows("Services 9", "? europe-west1", "orders-api")
            emulator.mend()
            console.press(CTRL_R)
            console.shows("Services 16", "billing")
            console.shows_no("? europe-west1")


def test_a_small_terminal_shows_a_sentence_until_it_grows(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator, opened(emulator, tmp_path) as console:
        console.shows("Services 16")
        console.resize(79, 23)
        console.shows("Terminal too small: 79 by 23, needs 80 by 24.")
        console.shows_no("orders-api")
        console.resize(80, 24)
        console.shows("orders-api", " Services  Detail  Alerts  Logs ", "? help")
        console.press("q")
        assert console.ended_clean() == 0


def test_without_credentials_the_login_command_is_shown(tmp_path: Path) -> None:
    environment = {"NO_GCE_CHECK": "true"}
    with Program("--project", "shop-prod", home=tmp_path, environment=environment) as console:
        screen = console.shows(
            "! Services: The Google credentials were not found", "? alerts", "Services ?", "Alerts ?"
        )
        assert "run `gcloud auth application-default login`" in screen
        assert "No open alerts" not in screen
        console.press("q")
        assert console.ended_clean() == 0
