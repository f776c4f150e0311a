"""`cfconsole rollback` on a served shop: what it says, how it exits, and what the world looks like afterwards."""

from __future__ import annotations

import json

from cfconsole.cli.exits import Exit
from cfconsole.emulator.scenarios.shop import EUROPE, PROJECT
from tests.cli.conftest import Console

GUARDED = f"""
[contexts.prod]
projects = ["{PROJECT}"]
emulator = true
guards = {{ rollback = "type-name" }}
[contexts.looking]
projects = ["{PROJECT}"]
emulator = true
read_only = true
"""


def test_a_change_without_yes_shows_its_plan_and_is_refused(console: Console) -> None:
    ran = console.run("rollback", "denied", "--from", "00003")
    assert ran.code == Exit.REFUSED
    assert "after: 00002" in ran.stdout
    assert "undo: 00003" in ran.stdout
    assert "--yes" in ran.stderr
    assert console.shop.serving("denied") == {"00003": 100}


def test_a_dry_run_is_a_plan_in_the_document(console: Console) -> None:
    ran = console.json("rollback", "denied", "--to", "00001", "--dry-run")
    (row,) = ran.rows
    assert ran.code == Exit.DONE
    assert set(row["plan"]) >= {"before", "after", "undo", "sentences"}
    assert row["plan"]["after"][0]["revision"].startswith("denied-00001")
    assert (row["release"], row["duration_s"]) == (None, None)
    assert console.shop.serving("denied") == {"00003": 100}


def test_a_rollback_is_carried_out_once(console: Console) -> None:
    ran = console.json("rollback", "orders", "--from", "00003", "--yes")
    (row,) = ran.rows
    assert (ran.code, row["state"]) == (Exit.DONE, "succeeded")
    assert row["release"]
    assert row["duration_s"] > 0
    assert "healthy" in row["outcome"]
    assert "the split serves" in ran.stderr
    assert console.shop.serving("orders") == {"00002": 100}
    generation = console.shop.service("orders")["generation"]

    again = console.run("rollback", "orders", "--from", "00003", "--yes")
    assert again.code == Exit.DONE
    assert "already rolled back by casey@" in again.stdout
    assert console.shop.service("orders")["generation"] == generation
    assert console.run("rollback", "orders", "--yes").code == Exit.DONE
    assert console.shop.serving("orders") == {"00002": 100}


def test_one_name_in_two_regions_is_two_plans_with_the_worst_exit(console: Console) -> None:
    names = ("us-central1/twin", "europe-west1/twin", "single")
    ran = console.json("rollback", *names, "--from", "00003", "--yes")
    assert ran.code == Exit.REFUSED
    assert [(row["region"], row["exit_code"]) for row in ran.rows[:2]] == [("us-central1", 0), (EUROPE, 0)]
    assert ran.rows[2]["refused"] == "not-found"
    assert console.shop.serving("twin") == console.shop.serving("twin", EUROPE) == {"00002": 100}


def test_an_open_choice_is_refused_with_the_candidates(console: Console) -> None:
    several = console.json("rollback", "denied", "--yes")
    assert several.code == Exit.REFUSED
    assert [name.split("-")[1] for name in several.rows[0]["candidates"]] == ["00002", "00001"]
    split = console.run("rollback", "split", "--yes")
    assert split.code == Exit.REFUSED
    assert "--from" in split.stderr
    assert console.shop.serving("split") == {"00002": 90, "00003": 10}


def test_with_one_candidate_for_both_nothing_has_to_be_named(console: Console) -> None:
    (row,) = console.json("rollback", "pair", "--dry-run").rows
    assert row["exit_code"] == Exit.DONE
    assert row["plan"]["after"][0]["revision"].startswith("pair-00001")


def test_nothing_to_go_back_to_is_refused(console: Console) -> None:
    ran = console.run("rollback", "single", "--from", "00001", "--yes")
    assert ran.code == Exit.REFUSED
    assert "no other revision" in ran.stderr


def test_an_unknown_revision_brings_the_known_ones(console: Console) -> None:
    ran = console.run("rollback", "single", "--from", "00009", "--yes")
    assert ran.code == Exit.REFUSED
    assert "single-00001" in ran.stderr


def test_a_guarded_context_wants_the_name(console: Console) -> None:
    console.configure(GUARDED)
    arguments = ("--context", "prod", "rollback", "denied", "--from", "00003", "--yes")
    refused = console.run(*arguments)
    assert refused.code == Exit.REFUSED
    assert "--confirm denied" in refused.stderr
    assert console.run(*arguments, "--confirm", "other").code == Exit.REFUSED
    assert console.shop.serving("denied") == {"00003": 100}


def test_read_only_is_refused_with_the_plan_shown(console: Console) -> None:
    console.configure(GUARDED)
    for option in (("--context", "looking"), ("--read-only",)):
        ran = console.run(*option, "rollback", "denied", "--from", "00003", "--yes")
        assert ran.code == Exit.REFUSED
        assert "read-only" in ran.stderr
        assert "after: 00002" in ran.stdout
    assert console.shop.serving("denied") == {"00003": 100}


def test_a_refused_write_fails_with_the_permission(console: Console) -> None:
    console.shop.fault(kind="denied", method="UpdateService", permission="run.services.update")
    ran = console.json("rollback", "denied", "--from", "00003", "--yes")
    assert (ran.code, ran.rows[0]["state"]) == (Exit.FAILED, "failed")
    assert "run.services.update" in ran.stderr
    assert console.shop.serving("denied") == {"00003": 100}


def test_a_service_that_can_not_be_read_is_not_changed(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListRevisions", permission="run.revisions.list")
    ran = console.json("rollback", "denied", "--from", "00003", "--yes")
    assert ran.code == Exit.FAILED
    assert "run.revisions.list" in ran.rows[0]["outcome"]


def test_expired_credentials_exit_with_the_command_to_run(console: Console) -> None:
    console.shop.fault(kind="expired-credentials")
    ran = console.run("rollback", "denied", "--from", "00003", "--yes")
    assert ran.code == Exit.CREDENTIALS
    assert "gcloud auth application-default login" in ran.stderr


def test_without_a_journal_nothing_is_changed_unless_that_is_said(console: Console) -> None:
    # A folder in the journal's place can neither be read nor written, whoever runs the test.
    (console.home / ".local" / "state" / "cfconsole" / "journal-emulator.sqlite").mkdir(parents=True)
    refused = console.run("rollback", "unrecorded", "--from", "00003", "--yes")
    assert refused.code == Exit.REFUSED
    assert "--unrecorded" in refused.stderr
    assert console.shop.serving("unrecorded") == {"00003": 100}

    done = console.json("rollback", "unrecorded", "--from", "00003", "--yes", "--unrecorded")
    assert done.code == Exit.DONE
    (intent,) = (json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
    assert intent["release"] == done.rows[0]["release"]
    assert intent["plan"]["undo"][0]["revision"].startswith("unrecorded-00003")
    assert console.shop.serving("unrecorded") == {"00002": 100}
