"""`cfconsole services` and `cfconsole revisions` on a served shop."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cfconsole.cli.exits import Exit
from cfconsole.emulator.scenarios.shop import EUROPE, HOME
from tests.cli.conftest import Console

SERVICE_FIELDS = (
    "project region name kind state serving desired pinned latest_created latest_ready deployed_at deployed_by rps "
    "error_rate p95_ms instances uri data_age_s unreadable"
)
REVISION_FIELDS = "name ready retired percent tags image created_at created_by error_rate p95_ms env limits unreadable"
NUMBERS = ["rps", "error_rate", "p95_ms", "instances"]


def test_services_have_every_field_of_the_contract(console: Console) -> None:
    ran = console.json("services")
    assert ran.code == Exit.DONE
    assert ran.document["schema"] == 1
    assert ran.document["unreachable"] == ran.document["warnings"] == []
    for row in ran.rows:
        assert set(SERVICE_FIELDS.split()) <= set(row)
    by_place = {(row["region"], row["name"]): row for row in ran.rows}
    orders = by_place["us-central1", "denied"]
    assert orders["serving"] == [{"revision": orders["latest_ready"], "percent": 100, "tag": None}]
    assert orders["desired"] == [{"revision": "LATEST", "percent": 100, "tag": None}]
    assert orders["deployed_at"].endswith("Z")
    assert by_place[EUROPE, "resize"]["kind"] == "function"
    assert by_place["us-central1", "split"]["serving"][0]["percent"] == 90


def test_numbers_come_from_metrics(console: Console) -> None:
    (row,) = (row for row in console.json("services").rows if row["name"] == "split")
    assert row["rps"] > 0
    assert 0 <= row["error_rate"] < 1
    assert row["p95_ms"] > 0


def test_a_table_says_the_same_in_columns(console: Console) -> None:
    ran = console.run("services")
    assert ran.code == Exit.DONE
    heading, *lines = ran.stdout.splitlines()
    assert heading.split()[:5] == ["NAME", "REGION", "KIND", "STATE", "SERVING"]
    (split,) = (line for line in lines if line.startswith("split"))
    assert "90%" in split
    assert ran.stderr == ""


def test_denied_metrics_are_null_and_named(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
    ran = console.json("services")
    assert ran.code == Exit.DONE
    assert all(row["unreadable"] == NUMBERS and row["rps"] is None for row in ran.rows)
    assert "monitoring.timeSeries.list" in ran.stderr
    assert "monitoring.timeSeries.list" in ran.document["warnings"][0]


def test_strict_fails_on_partial_data(console: Console) -> None:
    assert console.json("services", "--strict").code == Exit.DONE
    console.shop.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
    ran = console.run("services", "--strict")
    assert ran.code == Exit.FAILED
    assert "?" in ran.stdout


def test_an_unreachable_region_is_named_and_the_rest_is_shown(console: Console) -> None:
    console.shop.fault(kind="fault", method="ListServices", region=EUROPE, status="PERMISSION_DENIED")
    ran = console.json("services")
    assert ran.code == Exit.DONE
    assert {row["region"] for row in ran.rows} == {"us-central1"}
    assert ran.document["unreachable"][0].startswith(f"{EUROPE}: ")
    assert console.json("services", "--strict").code == Exit.FAILED


def test_a_region_option_narrows(console: Console) -> None:
    rows = console.json("services", "--region", EUROPE).rows
    assert {row["name"] for row in rows} == {"twin", "resize"}


@pytest.mark.parametrize("command", ["services", "alerts", "revisions twin", "logs twin", "rollback twin --dry-run"])
def test_a_region_that_there_is_not_is_no_empty_table(console: Console, command: str) -> None:
    ran = console.run(*command.split(), "--region", HOME, "--region", "europe-west11")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert "Unknown region 'europe-west11'; did you mean europe-west1?" in ran.stderr


def test_a_region_in_a_name_is_looked_up_too(console: Console) -> None:
    ran = console.run("revisions", "mars-1/twin")
    assert ran.code == Exit.USAGE
    assert f"Unknown region 'mars-1'; there are {EUROPE}, {HOME}." in ran.stderr


def test_no_region_is_called_wrong_where_regions_cannot_be_listed(console: Console) -> None:
    console.shop.fault(kind="fault", method="ListLocations", status="UNAVAILABLE")
    ran = console.json("services", "--region", "mars-1")
    assert (ran.code, ran.rows) == (Exit.DONE, [])


def test_a_project_that_there_is_not_is_no_empty_table(console: Console) -> None:
    ran = console.run("services", "--project", "no-such-project")
    assert (ran.code, ran.stdout) == (Exit.FAILED, "")
    assert "no-such-project" in ran.stderr


@pytest.mark.parametrize("command", ["services", "alerts", "logs orders", "rollback orders twin --dry-run"])
def test_a_cloud_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("CFCONSOLE_EMULATOR_HOST", f"127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("HOME", str(tmp_path))
        words = [sys.executable, "-m", "cfconsole", *command.split(), "--project", "shop-prod"]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (Exit.FAILED, "", 1), ran.stderr
    assert "can't be reached" in ran.stderr


def test_expired_credentials_exit_with_the_command_to_run(console: Console) -> None:
    console.shop.fault(kind="expired-credentials")
    ran = console.json("services")
    assert (ran.code, ran.stdout) == (Exit.CREDENTIALS, "")
    assert "gcloud auth application-default login" in ran.stderr


def test_without_a_project_it_is_usage(console: Console) -> None:
    console.monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    ran = console.run("services")
    assert ran.code == Exit.USAGE
    assert "--project" in ran.stderr


def test_revisions_have_every_field_of_the_contract(console: Console) -> None:
    rows = console.json("revisions", "split").rows
    assert [row["name"].split("-")[1] for row in rows] == ["00003", "00002", "00001"]
    for row in rows:
        assert set(REVISION_FIELDS.split()) <= set(row)
    assert [row["percent"] for row in rows] == [10, 90, 0]
    assert rows[0]["tags"] == ["new"]
    assert rows[0]["limits"]["cpu"] == "1"


def test_revisions_as_a_table(console: Console) -> None:
    ran = console.run("revisions", "us-central1/split")
    assert ran.code == Exit.DONE
    assert [line.split()[1:3] for line in ran.stdout.splitlines()[1:]] == [["10", "%"], ["90", "%"], ["0", "%"]]


def test_an_ambiguous_name_is_refused_with_its_candidates(console: Console) -> None:
    ran = console.json("revisions", "twin")
    assert (ran.code, ran.stdout) == (Exit.REFUSED, "")
    assert "europe-west1/twin" in ran.stderr
    assert "us-central1/twin" in ran.stderr
    assert console.json("revisions", "europe-west1/twin").rows[0]["region"] == EUROPE


def test_an_unknown_name_brings_the_nearest(console: Console) -> None:
    ran = console.run("revisions", "spilt")
    assert ran.code == Exit.USAGE
    assert "us-central1/split" in ran.stderr


def test_a_name_in_an_unread_region_is_not_called_missing(console: Console) -> None:
    console.shop.fault(kind="fault", method="ListServices", region=EUROPE, status="PERMISSION_DENIED")
    ran = console.run("revisions", "resize")
    assert ran.code == Exit.FAILED
    assert f"{EUROPE} could not be read" in ran.stderr
