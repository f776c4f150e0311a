"""The outcome of changing one service: its document row, its sentence and its exit code. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

from msgspec import Struct

from cfconsole.cli.exits import Exit
from cfconsole.cli.output.service_rows import split_lines
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.source.packages import PackedSource

BEST_FIRST = (
    Exit.DONE,
    Exit.USAGE,
    Exit.REFUSED,
    Exit.SUPERSEDED,
    Exit.ROLLED_BACK,
    Exit.FAILED,
    Exit.CREDENTIALS,
    Exit.UNKNOWN,
)
_REFUSED = {RefusalReason.ALREADY_DONE: Exit.DONE, RefusalReason.INVALID: Exit.USAGE}


class Failure(Struct, frozen=True):
    """A service that could not be read, or a change that the API rejected. Nothing was changed."""

    sentence: str
    code: Exit


class DetachedRelease(Struct, frozen=True):
    """A release that continues without this command."""

    release: Release


class ChangeOutcome(Struct, frozen=True):
    """What became of the change of one service. Without an `end` the plan is only shown."""

    kind: ReleaseKind
    service: ServiceKey
    plan: Plan | None = None
    end: Release | DetachedRelease | Refusal | Failure | None = None

    @property
    def code(self) -> Exit:
        match self.end:
            case Release():
                return exit_of_state(self.end.state)
            case Refusal():
                return _REFUSED.get(self.end.reason, Exit.REFUSED)
            case Failure():
                return self.end.code
            case DetachedRelease() | None:
                return Exit.DONE
            case _:
                assert_never(self.end)

    @property
    def sentence(self) -> str:
        match self.end:
            case Release():
                return _end_sentence(self.end)
            case DetachedRelease():
                name = self.end.release.id
                return (
                    f"release {name} continues in the background; `cfconsole releases show {name}` shows its progress"
                )
            case Refusal() | Failure():
                return self.end.sentence
            case None:
                return "nothing was changed: --dry-run"
            case _:
                assert_never(self.end)

    @property
    def release(self) -> Release | None:
        match self.end:
            case Release():
                return self.end
            case DetachedRelease():
                return self.end.release
            case _:
                return None

    @property
    def candidates(self) -> tuple[str, ...]:
        """The revisions to name instead of one that does not exist."""
        if isinstance(self.end, Refusal) and self.end.reason is RefusalReason.NOT_FOUND:
            return self.end.candidates
        return ()


class SourceReport(Struct, frozen=True):
    """What is known of the source that a function is built from."""

    packed: PackedSource | None = None
    lines: tuple[str, ...] = ()
    """What is wrong with it, such as the lines of a compiler."""


def _end_sentence(release: Release) -> str:
    """How a release ended. An interrupted one points to the command that shows what to do."""
    if release.state is not ReleaseState.INTERRUPTED or release.ended_at:
        return f"{release.state.replace('_', ' ')}: {release.outcome}"
    last = release.outcome or (release.events[-1].sentence if release.events else "its process is gone")
    return f"{last}; `cfconsole releases show {release.id}` shows what can be done"


def exit_of_state(state: ReleaseState) -> Exit:
    """The exit code for the last state of a release. One that never ended has an unknown outcome."""
    match state:
        case ReleaseState.SUCCEEDED:
            return Exit.DONE
        case ReleaseState.FAILED | ReleaseState.ABORTED:
            return Exit.FAILED
        case ReleaseState.ROLLED_BACK:
            return Exit.ROLLED_BACK
        case ReleaseState.SUPERSEDED:
            return Exit.SUPERSEDED
        case _:
            return Exit.UNKNOWN


def worst_exit(outcomes: Iterable[ChangeOutcome]) -> Exit:
    """The worst exit code of several outcomes."""
    return max((outcome.code for outcome in outcomes), key=BEST_FIRST.index, default=Exit.DONE)


def outcome_row(outcome: ChangeOutcome) -> dict[str, Any]:
    """The outcome as a row of a document."""
    release = outcome.release
    refusal = outcome.end if isinstance(outcome.end, Refusal) else None
    return {
        "project": outcome.service.project,
        "region": outcome.service.region,
        "service": outcome.service.name,
        "kind": str(outcome.kind),
        "plan": plan_row(outcome.plan) if outcome.plan else None,
        "release": release.id if release else None,
        "state": str(release.state) if release else None,
        "revision": (release.promoted or None) if release else None,
        "duration_s": _duration_s(release),
        "refused": str(refusal.reason) if refusal else None,
        "candidates": list(refusal.candidates) if refusal else [],
        "outcome": outcome.sentence,
        "exit_code": int(outcome.code),
        "unreadable": [],
    }


def source_row(report: SourceReport, release: Release | None) -> dict[str, Any]:
    """What a document says of a source and its build, beside the outcome."""
    packed = report.packed
    source = {
        "directory": packed.directory if packed else None,
        "files": packed.files if packed else None,
        "zipped_bytes": len(packed.archive) if packed else None,
        "sha256": packed.digest if packed else None,
        "checked": list(packed.passed_checks) if packed else [],
        "warnings": list(packed.warnings) if packed else [],
        "trouble": list(report.lines),
    }
    build = {"release": release.id, "state": str(release.state), "outcome": release.outcome} if release else None
    return {"source": source, "build": build}


def plan_row(plan: Plan) -> dict[str, Any]:
    """A plan as it appears in a document."""
    return {
        "before": split_lines(plan.before),
        "after": split_lines(plan.after),
        "undo": split_lines(plan.undo),
        "strategy": str(plan.strategy) if plan.strategy else None,
        "steps": [
            {"label": step.label, "split": split_lines(step.targets), "bake_s": step.bake_s} for step in plan.steps
        ],
        "scaling": _scaling_row(plan),
        "sentences": list(plan_sentences(plan)),
    }


def _scaling_row(plan: Plan) -> dict[str, Any] | None:
    """Instances before and after, for a plan that scales."""
    if plan.scaling is None or plan.scaling_before is None:
        return None
    return {
        when: {"min_instances": scaling.min_instances, "max_instances": scaling.max_instances}
        for when, scaling in (("before", plan.scaling_before), ("after", plan.scaling))
    }


def _duration_s(release: Release | None) -> float | None:
    if release is None or release.ended_at is None:
        return None
    return round((release.ended_at - release.started_at).total_seconds(), 3)
