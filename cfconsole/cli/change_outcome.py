"""Owns how the change of one service is reported: its row in a document, its lines, and its exit code. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, assert_never

from cfconsole.cli.exits import Exit
from cfconsole.cli.rows import split_lines
from cfconsole.domain.plan_text import plan_sentences
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, Release, ReleaseKind, ReleaseState
from cfconsole.domain.services import ServiceKey

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


class Failure(NamedTuple):
    """A service that could not be read, so nothing was changed."""

    sentence: str
    code: Exit


class ChangeOutcome(NamedTuple):
    """How far the change of one service came. Without an `end` the plan was only to be shown."""

    kind: ReleaseKind
    service: ServiceKey
    plan: Plan | None = None
    end: Release | Refusal | Failure | None = None

    @property
    def code(self) -> Exit:
        match self.end:
            case Release():
                return exit_of_state(self.end.state)
            case Refusal():
                return Exit.DONE if self.end.reason is RefusalReason.ALREADY_DONE else Exit.REFUSED
            case Failure():
                return self.end.code
            case None:
                return Exit.DONE
            case _:
                assert_never(self.end)

    @property
    def sentence(self) -> str:
        match self.end:
            case Release():
                return f"{self.end.state.replace('_', ' ')}: {self.end.outcome}"
            case Refusal() | Failure():
                return self.end.sentence
            case None:
                return "nothing was changed: --dry-run"
            case _:
                assert_never(self.end)

    @property
    def candidates(self) -> tuple[str, ...]:
        """The revisions to name instead of one that there is not."""
        if isinstance(self.end, Refusal) and self.end.reason is RefusalReason.NOT_FOUND:
            return self.end.candidates
        return ()


def exit_of_state(state: ReleaseState) -> Exit:
    """The exit code of a release that ended so; one that never ended has an unknown outcome."""
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


def worst(outcomes: Iterable[ChangeOutcome]) -> Exit:
    """One exit code for several outcomes."""
    return max((outcome.code for outcome in outcomes), key=BEST_FIRST.index, default=Exit.DONE)


def outcome_row(outcome: ChangeOutcome) -> dict[str, Any]:
    """The outcome as a document holds it."""
    release = outcome.end if isinstance(outcome.end, Release) else None
    refusal = outcome.end if isinstance(outcome.end, Refusal) else None
    return {
        "project": outcome.service.project,
        "region": outcome.service.region,
        "service": outcome.service.name,
        "kind": str(outcome.kind),
        "plan": plan_row(outcome.plan) if outcome.plan else None,
        "release": release.id if release else None,
        "state": str(release.state) if release else None,
        "duration_s": _duration_s(release),
        "refused": str(refusal.reason) if refusal else None,
        "candidates": list(refusal.candidates) if refusal else [],
        "outcome": outcome.sentence,
        "exit_code": int(outcome.code),
        "unreadable": [],
    }


def plan_row(plan: Plan) -> dict[str, Any]:
    """A plan as a document holds it."""
    return {
        "before": split_lines(plan.before),
        "after": split_lines(plan.after),
        "undo": split_lines(plan.undo),
        "sentences": list(plan_sentences(plan)),
    }


def _duration_s(release: Release | None) -> float | None:
    if release is None or release.ended_at is None:
        return None
    return round((release.ended_at - release.started_at).total_seconds(), 3)
