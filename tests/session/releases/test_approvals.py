"""What has to be typed before anything is written, by the guard of the context and by the revision."""

from __future__ import annotations

import pytest

from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason
from cfconsole.session.releases.approvals import approve
from tests.builders import NOW, full, plan

PLAIN = plan()
MARKED = plan(must_name=full("00042"))
NAME = "orders-api"


def approval(of: Plan, guard: GuardLevel, typed: str, *, read_only: bool = False) -> RefusalReason | str:
    """How it was approved, or why it was not."""
    found = approve(of, guard, read_only=read_only, typed=typed, at=NOW)
    if isinstance(found, Refusal):
        return found.reason
    assert found == Approval(of, guard.value, NOW)
    return found.how


@pytest.mark.parametrize(
    ("guard", "typed", "answer"),
    [
        (GuardLevel.NONE, "", "none"),
        (GuardLevel.CONFIRM, "", "confirm"),
        (GuardLevel.TYPE_NAME, NAME, "type-name"),
        (GuardLevel.TYPE_NAME, "", RefusalReason.NOT_APPROVED),
        (GuardLevel.TYPE_NAME, "orders", RefusalReason.NOT_APPROVED),
        (GuardLevel.TYPE_NAME, full("00042"), RefusalReason.NOT_APPROVED),
    ],
)
def test_a_guarded_context_wants_the_name_of_the_service(
    guard: GuardLevel, typed: str, answer: RefusalReason | str
) -> None:
    assert approval(PLAIN, guard, typed) == answer


@pytest.mark.parametrize("guard", GuardLevel)
def test_a_marked_revision_has_to_be_named_and_its_name_is_enough_in_any_context(guard: GuardLevel) -> None:
    assert approval(MARKED, guard, full("00042")) == guard.value
    assert approval(MARKED, guard, NAME) is RefusalReason.MUST_NAME
    assert approval(MARKED, guard, "") is RefusalReason.MUST_NAME


@pytest.mark.parametrize("guard", GuardLevel)
def test_a_console_that_only_reads_approves_nothing(guard: GuardLevel) -> None:
    assert approval(PLAIN, guard, NAME, read_only=True) is RefusalReason.READ_ONLY
