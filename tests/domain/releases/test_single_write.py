"""What a plan of one write says of a service before it is written and after."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.steps import SCALING_MASK, Answer, Scaling
from cfconsole.domain.releases.writes import (
    ServiceWrite,
    WriteOutcome,
    answer_of,
    is_effective,
    is_unchanged,
    outcome_of,
    write_of,
)
from tests.builders import plan, service, share, target

MOVED = service(generation=43, desired=(target("00041", 100),), effective=(share("00041", 100),))
SCALED = plan(
    mask=SCALING_MASK, after=plan().desired_before, scaling=Scaling(1, 9), scaling_before=Scaling(), bad="", target=""
)


def test_a_plan_holds_as_long_as_nothing_but_the_etag_moved() -> None:
    assert is_unchanged(plan(), service(etag="another"))
    assert not is_unchanged(plan(), service(generation=43))
    assert not is_unchanged(plan(), service(desired=(target("00040", 100),)))


def test_the_one_write_has_the_split_or_the_instances() -> None:
    assert write_of(plan()) == ServiceWrite(targets=(target("00041", 100),))
    assert write_of(SCALED) == ServiceWrite(SCALING_MASK, scaling=Scaling(1, 9))


def test_a_fresh_read_tells_what_became_of_it() -> None:
    assert outcome_of(plan(), service(), 42) is WriteOutcome.NOT_APPLIED
    assert outcome_of(plan(), MOVED, 42) is WriteOutcome.APPLIED
    assert outcome_of(plan(), replace(MOVED, generation=44), 42) is WriteOutcome.APPLIED
    assert outcome_of(plan(), service(generation=43), 42) is WriteOutcome.SUPERSEDED
    assert outcome_of(SCALED, service(generation=43, min_instances=1, max_instances=9), 42) is WriteOutcome.APPLIED
    assert outcome_of(SCALED, service(generation=43, min_instances=1), 42) is WriteOutcome.SUPERSEDED


def test_the_same_instances_beside_another_split_are_somebody_elses_unless_they_came_later() -> None:
    scaled = replace(MOVED, min_instances=1, max_instances=9)
    assert outcome_of(SCALED, scaled, 42) is WriteOutcome.SUPERSEDED, "our write leaves the split as it was"
    assert outcome_of(SCALED, replace(scaled, generation=44), 42) is WriteOutcome.APPLIED


def test_a_split_holds_once_it_serves_and_instances_at_once() -> None:
    assert not is_effective(plan(), replace(MOVED, effective=service().effective))
    assert is_effective(plan(), MOVED)
    assert is_effective(SCALED, service())


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (ErrorKind.CONFLICT, Answer.CONFLICT),
        (ErrorKind.TIMEOUT, Answer.UNKNOWN),
        (ErrorKind.UNAVAILABLE, Answer.UNKNOWN),
        (ErrorKind.INTERNAL, Answer.UNKNOWN),
        (ErrorKind.DENIED, Answer.REFUSED),
    ],
)
def test_an_error_tells_whether_something_may_have_been_written(kind: ErrorKind, answer: Answer) -> None:
    assert answer_of(CloudError(kind, "No.")) is answer


def test_a_service_says_who_changed_it() -> None:
    assert service().change_sentence == "orders-api was changed by ci@shop.example"
    assert service(updated_by="").change_sentence == "orders-api was changed"
