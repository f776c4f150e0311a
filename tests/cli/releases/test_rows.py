"""How releases read in documents and in tables."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from cfconsole.cli.output.document import table
from cfconsole.cli.releases.read import ReleaseReport, show_lines
from cfconsole.cli.releases.rows import (
    RELEASE_COLUMNS,
    release_document,
    release_line,
    release_row,
    stats_line,
    stats_rows,
    team_row,
)
from cfconsole.domain.releases.model import Plan, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts, plan_rollback
from cfconsole.domain.releases.stats import release_stats
from cfconsole.domain.releases.team import team_release
from tests.builders import NOW, full, revisions, service


def rolled_back() -> Release:
    plan = plan_rollback(PlanFacts(service(), revisions()), bad=full("00042"))
    assert isinstance(plan, Plan)
    served = ReleaseEvent(NOW + timedelta(seconds=5), ReleaseState.VERIFYING, "the split serves")
    begun = Release("20260504T120000-abc", plan, "casey@laptop", NOW, ReleaseState.RUNNING, events=(served,))
    return replace(begun, state=ReleaseState.SUCCEEDED, ended_at=NOW + timedelta(seconds=9), outcome="traffic moved")


def test_a_release_has_the_fields_of_the_contract() -> None:
    row = release_row(rolled_back(), ())
    contract = "id kind project region service state steps step before after actor started_at ended_at outcome"
    assert set(contract.split()) <= set(row)
    assert (row["kind"], row["state"], row["steps"], row["step"]) == ("rollback", "succeeded", 1, 1)
    assert row["before"][0]["revision"] == full("00042")
    assert (row["source"], row["resumable"]) == ("journal", False)


def test_a_release_in_full_has_the_verdict_of_each_step_as_the_journal_keeps_it() -> None:
    said = "canary 25 %: healthy: 5xx 0.0 % of 312 requests; from the request log, 2 s old; writing canary 50 %"
    release = rolled_back()
    release = replace(release, events=(*release.events, ReleaseEvent(NOW, ReleaseState.RUNNING, said)))
    shown = list(show_lines(ReleaseReport(release, release_document(release, (), None))))
    assert shown[-1].endswith(f"Z  running      {said}")


def test_a_release_that_nobody_carries_out_is_interrupted_and_can_be_resumed() -> None:
    open_one = replace(rolled_back(), state=ReleaseState.RUNNING, ended_at=None, outcome="")
    left = release_row(open_one, ())
    assert (left["state"], left["resumable"]) == ("interrupted", True)
    claimed = release_row(open_one, {open_one.id})
    assert (claimed["state"], claimed["resumable"], claimed["outcome"]) == ("running", False, None)


def test_a_table_tells_the_teams_releases_from_our_own() -> None:
    own, told = release_row(rolled_back(), ()), team_row(team_release(rolled_back(), NOW))
    assert told["unreadable"] == ["steps", "step", "revision"]
    lines = table([release_line(own), release_line(told)], RELEASE_COLUMNS).splitlines()
    assert lines[1].split()[1:8] == ["rollback", "orders-api", "us-central1", "succeeded", "1/1", "00042", "00041"]
    assert "succeeded (team)" in lines[2]
    assert "  ?  " in lines[2]


def test_numbers_have_their_targets() -> None:
    rows = {row["measure"]: row for row in stats_rows(release_stats([rolled_back()]))}
    assert (rows["success_rate"]["value"], rows["success_rate"]["met"]) == (1.0, True)
    assert (rows["rollback_s"]["value"], rows["rollback_s"]["target"]) == (5.0, 120.0)
    assert (rows["deployment_s"]["value"], rows["deployment_s"]["met"]) == (None, None)


def test_the_numbers_read_as_one_says_them() -> None:
    lines = {row["measure"]: stats_line(row) for row in stats_rows(release_stats([rolled_back()]))}
    assert lines["success_rate"]["measure"] == "success rate"
    assert (lines["success_rate"]["value"], lines["success_rate"]["met"]) == ("100.0 %", "yes")
    assert (lines["rollback_s"]["measure"], lines["rollback_s"]["target"]) == ("rollback", "< 2 min")
    assert (lines["rollback_s"]["value"], lines["rollback_s"]["met"]) == ("5 s", "yes")
    assert (lines["deployment_s"]["value"], lines["deployment_s"]["met"]) == (None, None)
