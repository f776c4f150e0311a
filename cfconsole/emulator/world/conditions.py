"""Conditions, which state whether services and revisions are ready, reconciling or failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from google.cloud import run_v2
from google.protobuf.timestamp_pb2 import Timestamp

SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
FAILED = run_v2.Condition.State.CONDITION_FAILED
RECONCILING = run_v2.Condition.State.CONDITION_RECONCILING
READY = "Ready"


def stamp(at: datetime) -> Timestamp:
    """`at` as a protobuf Timestamp."""
    moment = Timestamp()
    moment.FromDatetime(at)
    return moment


def condition(kind: str, state: int, at: datetime, message: str = "") -> run_v2.Condition:
    """A condition without a reason, with its last transition at `at`."""
    return run_v2.Condition(type_=kind, state=state, last_transition_time=at, message=message)


def state_of(conditions: Iterable[run_v2.Condition], kind: str = READY) -> int:
    """The state of one condition; unspecified if there is none of this kind."""
    for each in conditions:
        if each.type_ == kind:
            return each.state
    return run_v2.Condition.State.STATE_UNSPECIFIED


def message_of(conditions: Iterable[run_v2.Condition], kind: str = READY) -> str:
    """The message of one condition; empty if there is none of this kind."""
    return next((each.message for each in conditions if each.type_ == kind), "")


def is_ready(revision: run_v2.Revision) -> bool:
    """Whether the revision can serve."""
    return state_of(revision.conditions) == SUCCEEDED


def has_failed(revision: run_v2.Revision) -> bool:
    """Whether the revision will never serve."""
    return state_of(revision.conditions) == FAILED


def retired(at: datetime) -> run_v2.Condition:
    """The condition of a revision without traffic and tags."""
    return run_v2.Condition(
        type_="Active",
        state=FAILED,
        severity=run_v2.Condition.Severity.INFO,
        revision_reason=run_v2.Condition.RevisionReason.RETIRED,
        message="Revision retired.",
        last_transition_time=at,
    )
