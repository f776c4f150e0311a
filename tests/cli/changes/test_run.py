"""How the end of a change becomes an exit code, and what stands in for an operator at a dialog."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from msgspec.structs import replace

from cfconsole.cli.changes.consent import Consent, approve_by_options
from cfconsole.cli.changes.outcome import ChangeOutcome, Failure, exit_of_state, worst_exit
from cfconsole.cli.exits import Exit
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts, plan_rollback
from tests.builders import NOW, ORDERS, full, release, revisions, service
from tests.cli.conftest import Console
from tests.cli.runners import own_releases

TYPE_NAME = {ReleaseKind.ROLLBACK: GuardLevel.TYPE_NAME}


def plan(must_name: str = "") -> Plan:
    made = plan_rollback(PlanFacts(service(), revisions()), bad=full("00042"))
    assert isinstance(made, Plan)
    return replace(made, must_name=must_name)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ReleaseState.SUCCEEDED, Exit.DONE),
        (ReleaseState.FAILED, Exit.FAILED),
        (ReleaseState.ROLLED_BACK, Exit.ROLLED_BACK),
        (ReleaseState.SUPERSEDED, Exit.SUPERSEDED),
        (ReleaseState.UNKNOWN, Exit.UNKNOWN),
        (ReleaseState.INTERRUPTED, Exit.UNKNOWN),
        (ReleaseState.RUNNING, Exit.UNKNOWN),
    ],
)
def test_every_end_of_a_release_has_its_exit_code(state: ReleaseState, code: Exit) -> None:
    assert exit_of_state(state) is code


def test_the_worst_of_several_outcomes_counts() -> None:
    done = ChangeOutcome(ReleaseKind.ROLLBACK, ORDERS, end=Refusal(RefusalReason.ALREADY_DONE, "so already"))
    refused = replace(done, end=Refusal(RefusalReason.NO_TARGET, "nowhere to go"))
    failed = replace(done, end=Failure("it is down", Exit.FAILED))
    assert worst_exit([done]) is Exit.DONE
    assert worst_exit([refused, done]) is Exit.REFUSED
    assert worst_exit([done, failed, refused]) is Exit.FAILED


@pytest.mark.parametrize(
    ("consent", "must_name", "named", "missing"),
    [
        (Consent(), "", (), ("--yes", "--confirm orders-api")),
        (Consent(yes=True), "", (), ("--confirm orders-api",)),
        (Consent(confirmed=("orders-api",)), "", (), ("--yes",)),
        (Consent(True, ("orders-api",)), full("00041"), (), (f"--to {full('00041')}",)),
        (Consent(True), full("00041"), ("00041",), ("--confirm orders-api",)),
    ],
)
def test_what_is_wanting_is_said(
    consent: Consent, must_name: str, named: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    refused = approve_by_options(plan(must_name), named, consent, TYPE_NAME, read_only=False, at=NOW)
    assert isinstance(refused, Refusal)
    assert refused.candidates == missing


@pytest.mark.parametrize("confirmed", ["orders-api", full("00041")])
def test_a_name_stands_for_the_typing(confirmed: str) -> None:
    given = approve_by_options(
        plan(full("00041")), ("00041",), Consent(True, (confirmed,)), TYPE_NAME, read_only=False, at=NOW
    )
    assert isinstance(given, Approval)
    assert given.how == "--yes --confirm"


@pytest.mark.parametrize("given", [full("00041"), "00041", "41"])
def test_a_revision_is_named_as_tables_show_it(given: str) -> None:
    consent = Consent(True, ("orders-api",))
    answer = approve_by_options(
        replace(plan(full("00041")), kind=ReleaseKind.SHIFT), (given,), consent, {}, read_only=False, at=NOW
    )
    assert isinstance(answer, Approval) is (given != "41")


def test_a_wish_that_makes_no_sense_is_usage() -> None:
    assert ChangeOutcome(ReleaseKind.SCALE, ORDERS, end=Refusal(RefusalReason.INVALID, "no")).code is Exit.USAGE


def test_a_release_left_half_way_says_where_to_go_on() -> None:
    left = release(state=ReleaseState.INTERRUPTED, ended_at=None, outcome="its process is gone", id="r1")
    sentence = ChangeOutcome(ReleaseKind.DEPLOY, ORDERS, end=left).sentence
    assert sentence == "its process is gone; `cfconsole releases show r1` shows what can be done"


@pytest.mark.parametrize(
    ("number", "target"), [(signal.SIGINT, "00001"), (signal.SIGTERM, "00002"), (signal.SIGHUP, "00003")]
)
def test_an_interrupted_change_says_so_and_stays_on_record(
    console: Console, number: signal.Signals, target: str
) -> None:
    words = ("traffic", "interrupted", f"{target}=100", "--yes", "--confirm", "interrupted", "--format", "json")
    command = [sys.executable, "-m", "cfconsole", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as ran:
        assert ran.stderr is not None
        lines = iter(ran.stderr.readline, "")
        assert any("the split serves" in line for line in lines)
        ran.send_signal(number)
        output, errors = ran.communicate(timeout=10)
    assert ran.returncode == Exit.UNKNOWN
    assert "interrupted while verifying" in errors
    assert "Traceback" not in errors
    (row,) = json.loads(output)["rows"]
    assert (row["state"], row["exit_code"]) == ("interrupted", Exit.UNKNOWN)
    shown = console.json("releases", "show", row["release"]).rows[0]
    assert shown["state"] == "interrupted"
    assert console.shop.serving("interrupted") == {target: 100}


def test_a_change_that_was_interrupted_before_its_write_ends_by_the_signal(console: Console) -> None:
    console.shop.fault(kind="latency", latency_ms=400)
    command = [sys.executable, "-m", "cfconsole", "rollback", "quiet", "--from", "00003", "--yes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline().startswith("roll back")
        ran.send_signal(signal.SIGTERM)
        _, errors = ran.communicate(timeout=10)
    assert ran.returncode == 128 + signal.SIGTERM
    assert "interrupted" not in errors
    assert own_releases(console) == []
    assert console.shop.serving("quiet") == {"00003": 100}
