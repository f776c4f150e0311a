"""Releases as rows of documents and tables. The field names are a contract with scripts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import astuple

from cfconsole.cli.changes.outcome import plan_row
from cfconsole.cli.output.document import Column, rfc3339
from cfconsole.cli.output.service_rows import split_lines
from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.metrics import percent_text
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.releases.model import Release, ReleaseState, as_interrupted
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.stats import ReleaseStats
from cfconsole.domain.releases.team import TeamRelease

JsonRow = dict[str, Any]

RELEASE_COLUMNS = (
    Column("ID", "id"),
    Column("KIND", "kind"),
    Column("SERVICE", "service"),
    Column("REGION", "region"),
    Column("STATE", "state"),
    Column("STEP", "step", right=True),
    Column("BEFORE", "before"),
    Column("AFTER", "after"),
    Column("STARTED", "started_at"),
    Column("BY", "actor"),
)
STATS_COLUMNS = (
    Column("MEASURE", "measure"),
    Column("VALUE", "value", right=True),
    Column("TARGET", "target", right=True),
    Column("RELEASES", "releases", right=True),
    Column("MET", "met"),
)
_MEASURES = ("success_rate", "deployment_s", "rollback_s", "recovery_s")


def release_row(release: Release, claimed: Collection[str]) -> JsonRow:
    """A release of the journal. One that has not ended and is not claimed by a process is interrupted."""
    shown = release if release.id in claimed else as_interrupted(release)
    plan = release.plan
    return {
        "id": release.id,
        "kind": str(plan.kind),
        "project": plan.service.project,
        "region": plan.service.region,
        "service": plan.service.name,
        "state": str(shown.state),
        "steps": max(1, len(plan.steps)),
        "step": _step(release),
        "before": split_lines(plan.before),
        "after": split_lines(plan.after),
        "revision": release.promoted or None,
        "actor": release.actor,
        "started_at": rfc3339(release.started_at),
        "ended_at": rfc3339(release.ended_at),
        "outcome": shown.outcome or None,
        "source": "journal",
        "resumable": resumable(release, claimed),
        "unreadable": [],
    }


def team_row(release: TeamRelease) -> JsonRow:
    """A release from the team's log."""
    return {
        "id": release.id,
        "kind": release.kind,
        "project": release.service.project,
        "region": release.service.region,
        "service": release.service.name,
        "state": release.state,
        "steps": None,
        "step": None,
        "before": split_lines(release.before),
        "after": split_lines(release.after),
        "revision": None,
        "actor": release.actor,
        "started_at": rfc3339(release.started_at),
        "ended_at": rfc3339(release.ended_at),
        "outcome": release.outcome or None,
        "source": "team",
        "resumable": False,
        "unreadable": ["steps", "step", "revision"],
    }


def release_document(release: Release, claimed: Collection[str], progress: ReleaseProgress | None) -> JsonRow:
    """A release with its plan and its events."""
    return {
        **release_row(release, claimed),
        "plan": plan_row(release.plan),
        "events": [
            {"at": rfc3339(event.at), "state": str(event.state), "sentence": event.sentence} for event in release.events
        ],
        "now": progress.sentence if progress and release.id in claimed else None,
    }


def resumable(release: Release, claimed: Collection[str]) -> bool:
    """Whether its process died before the release ended."""
    return release.ended_at is None and release.id not in claimed


def release_line(row: Mapping[str, Any]) -> JsonRow:
    """A table row made from a document row."""
    started = row["started_at"] or ""
    name = row["service"]
    source = " (team)" if row["source"] == "team" else ""
    return {
        **row,
        "state": f"{row['state']}{source}",
        "step": None if row["step"] is None else f"{row['step']}/{row['steps']}",
        "before": _show_lines(name, row["before"]),
        "after": _show_lines(name, row["after"]),
        "started_at": f"{started[:16].replace('T', ' ')}Z",
    }


def stats_rows(stats: ReleaseStats) -> list[JsonRow]:
    """Each measure with its target: rates as fractions, times in seconds."""
    return [
        {
            "measure": name,
            "value": None if measure.value is None else round(measure.value, 3),
            "target": measure.target,
            "releases": measure.releases,
            "met": measure.met,
            "unreadable": [],
        }
        for name, measure in zip(_MEASURES, astuple(stats), strict=True)
    ]


def stats_line(row: Mapping[str, Any]) -> JsonRow:
    """A table row made from a document row: rates in percent, times as durations."""
    is_time = row["measure"].endswith("_s")
    show, better = (format_span, "<") if is_time else (percent_text, ">")
    value, met = row["value"], row["met"]
    return {
        **row,
        "measure": row["measure"].removesuffix("_s").replace("_", " "),
        "value": None if value is None else show(value),
        "target": f"{better} {show(row['target'])}",
        "met": None if met is None else "yes" if met else "no",
    }


def _step(release: Release) -> int:
    """The number of the current step, from 1. After success, the last step."""
    if release.state is ReleaseState.SUCCEEDED:
        return max(1, len(release.plan.steps))
    steps = [event.progress.step + 1 for event in release.events if event.progress]
    return steps[-1] if steps else 1


def _show_lines(service: str, lines: list[Mapping[str, Any]]) -> str:
    shown = [(short_revision(service, line["revision"]), line["percent"]) for line in lines if line["percent"]]
    if len(shown) == 1:
        return shown[0][0]
    return " ".join(f"{name}:{percent}%" for name, percent in shown) or "-"
