"""Error groups: each error counts once, in its group, however rows arrive; new is said only where it is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.groups import (
    OTHERS,
    Age,
    ErrorGroup,
    ErrorGroups,
    GroupKey,
    groups_worst_first,
    is_error,
)
from cfconsole.domain.releases.last_deploy import LastDeploy
from tests.builders import (
    NOW,
    ORDERS,
    entry,
    full,
    key,
    nanoseconds,
    request_entry,
)
from tests.domain.logs.split_traces import MS, NODE, PYTHON, arrivals, lines

ERROR = Severity.ERROR


def error(message: str = "order 1 failed", seconds: float = 0.0, short: str = "00042", **changes: object) -> LogEntry:
    return replace(entry(message, seconds=seconds, severity=ERROR, revision=full(short)), **changes)


def grouped(*entries: LogEntry, limit: int = 400) -> ErrorGroups:
    buffer = LogBuffer()
    buffer.add(entries)
    groups = ErrorGroups(buffer, limit)
    groups.update()
    return groups


def only(groups: ErrorGroups) -> ErrorGroup:
    (group,) = groups.groups()
    return group


def test_errors_that_say_the_same_are_one_group() -> None:
    first = error("order 1 failed", 1, "00041")
    group = only(grouped(error("order 7 failed", 5), first, error("order 3 failed", 3), entry("order 4 failed")))
    assert group == ErrorGroup(
        GroupKey(ORDERS, "order # failed"), 3, first, nanoseconds(NOW) + 5_000_000_000, (full("00041"), full("00042"))
    )
    assert group.first_ns == first.timestamp_ns
    assert not group.is_requests


def test_services_and_failed_requests_have_groups_of_their_own() -> None:
    said = request_entry(500, seconds=3, log="run.googleapis.com/stderr", severity=Severity.INFO)
    groups = grouped(
        error("failed", 1),
        error("failed", 2, service="billing"),
        request_entry(503, seconds=4),
        request_entry(500, seconds=5, severity=Severity.DEFAULT),
        request_entry(404, seconds=6),
        said,
        replace(said, severity=ERROR, insert_id="severe"),
    )
    assert {(group.key.service.name, group.key.template): group.entries for group in groups.groups()} == {
        ("orders-api", "failed"): 1,
        ("billing", "failed"): 1,
        ("orders-api", "5xx GET /orders"): 2,
        ("orders-api", "GET /orders #"): 1,
    }


def test_gaps_are_no_errors() -> None:
    assert not is_error(Gap(GapReason.RATE_LIMIT, 5, 0, 1))


def test_each_row_counts_once_however_often_it_is_looked_at() -> None:
    buffer = LogBuffer()
    groups = ErrorGroups(buffer)
    assert groups.update()
    assert groups.groups() == ()
    buffer.add([error(seconds=5), error(seconds=6)])
    groups.update()
    buffer.add_gap(Gap(GapReason.DISCONNECTED, 1, 0, nanoseconds(NOW)))
    buffer.add([error(seconds=1), error(seconds=6)])
    groups.update()
    groups.update()
    assert only(groups).entries == 3
    assert only(groups).first_ns == error(seconds=1).timestamp_ns


def test_long_logs_are_looked_at_in_slices() -> None:
    buffer = LogBuffer()
    buffer.add(error(seconds=at) for at in range(10))
    groups = ErrorGroups(buffer)
    assert not groups.update(4)
    assert only(groups).entries == 4
    buffer.add([error(seconds=0.5), error(seconds=20)])
    assert not groups.update(4)
    assert not groups.update(4)
    assert groups.update(4)
    assert only(groups).entries == 12


def test_what_was_counted_stays_counted_when_it_falls_out() -> None:
    buffer = LogBuffer(max_entries=10)
    groups = ErrorGroups(buffer)
    for at in range(100):
        buffer.add([error(seconds=at)])
        groups.update()
    assert only(groups).entries == 100
    assert only(groups).first_ns == error(seconds=0).timestamp_ns
    assert len(groups._counted) <= 21


def test_rows_that_were_forgotten_and_come_again_count_once() -> None:
    buffer = LogBuffer(max_entries=10)
    groups = ErrorGroups(buffer)
    many = [error(seconds=at) for at in range(40)]
    for one in many:
        buffer.add([one])
        groups.update()
    buffer.clear()
    groups.update()
    buffer.add(many[:3])
    groups.update()
    assert only(groups).entries == 40


ENTRIES = st.builds(
    lambda at, words, where, number: error(f"{words} {number}", at, "00042", service=where, insert_id=f"i{at}"),
    st.integers(0, 60),
    st.sampled_from(["no price", "no rate", "timeout"]),
    st.sampled_from(["orders-api", "billing"]),
    st.integers(0, 9),
)


@given(st.lists(ENTRIES, unique_by=lambda one: (one.timestamp_ns, one.insert_id), max_size=30), st.data())
def test_the_order_in_which_rows_come_does_not_matter(entries: list[LogEntry], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(entries))
    buffer = LogBuffer()
    groups = ErrorGroups(buffer)
    at = 0
    while at < len(shuffled):
        size = data.draw(st.integers(1, 6))
        buffer.add(shuffled[at : at + size])
        at += size
        groups.update(data.draw(st.one_of(st.none(), st.integers(1, 8))))
    while not groups.update(5):
        pass
    assert set(groups.groups()) == set(grouped(*entries).groups())
    assert sum(group.entries for group in groups.groups()) == len(entries)


@given(st.lists(st.integers(0, 25), max_size=80), st.integers(1, 9))
def test_no_error_is_lost_when_there_are_too_many_kinds(kinds: list[int], limit: int) -> None:
    entries = [error(f"kind {'x' * kind}", at) for at, kind in enumerate(kinds)]
    buffer = LogBuffer()
    groups = ErrorGroups(buffer, limit)
    for one in entries:
        buffer.add([one])
        groups.update()
    found = groups.groups()
    assert sum(group.entries for group in found) == len(entries)
    assert len(found) <= limit + 1
    keys = [groups.key_of(one) for one in entries]
    assert set(keys) == {group.key for group in found}
    assert {group.key for group in found if not group.whole} <= {group.key for group in found} - {OTHERS}


def test_the_rarest_and_oldest_kinds_are_counted_together() -> None:
    frequent = [error("often", seconds) for seconds in (0, 1)]
    groups = grouped(*frequent, error("old", 2), error("older", 1.5), error("newest", 3), limit=3)
    *named, others = groups.groups()
    assert {group.key.template for group in named} == {"often", "old", "newest"}
    assert (others.key, others.entries, others.kinds, others.sample.message) == (OTHERS, 1, 1, "older")
    assert groups.key_of(error("older", 1.5)) == OTHERS
    assert groups.key_of(error("never seen", 9)) == OTHERS
    assert groups.key_of(entry("no error")) is None


def test_without_others_an_unknown_error_has_its_own_key() -> None:
    assert grouped().key_of(error("new 1")) == GroupKey(ORDERS, "new #")


def test_long_messages_are_grouped_too() -> None:
    assert only(grouped(error("x" * 5_000))).key.template == "x" * 512


DEPLOY = LastDeploy(full("00042"), NOW)
BEFORE = entry("fine", seconds=-60, revision=full("00041"))
AUDIT = entry("ci@shop deployed 00042", seconds=-600, revision="")


@pytest.mark.parametrize(
    ("entries", "age"),
    [
        ((BEFORE, error(seconds=5)), Age.NEW),
        ((BEFORE, error(seconds=5), error(seconds=-5)), Age.OLD),
        ((error(seconds=5),), Age.UNKNOWN),
        ((AUDIT, error(seconds=5)), Age.UNKNOWN),
        ((AUDIT, error(seconds=5, revision="")), Age.UNKNOWN),
    ],
)
def test_a_group_is_new_where_the_log_shows_the_time_before(entries: tuple[LogEntry, ...], age: Age) -> None:
    groups = grouped(*entries)
    assert groups.age(only(groups), DEPLOY) is age


def test_without_a_known_deploy_nothing_is_new() -> None:
    groups = grouped(BEFORE, error())
    assert groups.age(only(groups), None) is Age.OLD


def test_a_group_that_may_have_been_among_the_others_is_not_called_new() -> None:
    buffer = LogBuffer()
    groups = ErrorGroups(buffer, 1)
    buffer.add([BEFORE, error("a", -30), error("b", -20)])
    groups.update()
    buffer.add([error("a", 5), error("a", 6)])
    groups.update()
    again = next(group for group in groups.groups() if group.key.template == "a")
    assert (again.entries, again.whole) == (2, False)
    assert groups.age(again, DEPLOY) is Age.UNKNOWN
    assert groups.age(groups.groups()[-1], DEPLOY) is Age.OLD


def test_it_knows_how_far_back_the_log_of_a_service_reaches() -> None:
    groups = grouped(AUDIT, error(seconds=3), BEFORE)
    assert groups.since_ns(ORDERS) == BEFORE.timestamp_ns
    assert groups.since_ns(key("billing")) is None
    assert set(groups.logged_revisions(ORDERS)) == {full("00041"), full("00042")}


def test_new_errors_come_first_then_the_most_frequent_and_requests_after_what_explains_them() -> None:
    groups = grouped(
        *(error("often", at) for at in range(9)),
        *(request_entry(500, seconds=at + 0.5) for at in range(5)),
        error("rare", 1.7),
        error("new", 2.7),
        error("a", 0.1),
        error("b", 0.2),
    ).groups()
    others = replace(groups[0], key=OTHERS)
    ages = {group.key: Age.NEW if group.key.template == "new" else Age.OLD for group in (*groups, others)}
    names = [group.key.template for group in groups_worst_first((others, *groups), ages)]
    assert names == ["new", "often", "a", "b", "rare", "5xx GET /orders", ""]


def test_a_stack_trace_in_lines_is_one_error() -> None:
    whole = replace(entry(PYTHON, severity=ERROR), service="orders", project="shop", revision="orders-00001")
    groups = grouped(*lines(PYTHON, 1), *lines(PYTHON, 2 * MS, instance="b", severity=ERROR), whole)
    group = only(groups)
    assert (group.entries, group.key.template) == (3, "KeyError in process (app/orders.py)")
    assert group.sample.message == PYTHON
    assert group.sample.severity == ERROR
    (first, *_), head = lines(PYTHON, 1), group.sample
    assert (head.timestamp_ns, head.insert_id) == (first.timestamp_ns, first.insert_id)
    assert groups.key_of(head) == group.key


def test_a_stack_trace_counts_once_while_its_lines_come() -> None:
    buffer = LogBuffer()
    groups = ErrorGroups(buffer)
    head, *frames, last = lines(PYTHON, severity=ERROR)
    for batch in ([frames[1]], frames, [last], [head]):
        buffer.add(batch)
        groups.update()
    assert only(groups).entries == 1
    assert only(groups).sample.message == PYTHON


def test_warnings_with_a_stack_are_no_errors() -> None:
    assert grouped(*lines(PYTHON, severity=Severity.WARNING)).groups() == ()


def test_what_was_folded_is_taken_back_from_the_others() -> None:
    buffer = LogBuffer()
    groups = ErrorGroups(buffer, limit=1)
    frame = lines(PYTHON, severity=ERROR)[1]
    buffer.add([frame, error("failed", 1), error("failed", 2)])
    groups.update()
    assert {group.key: group.entries for group in groups.groups()}[OTHERS] == 1
    buffer.add(lines(PYTHON, severity=ERROR))
    groups.update()
    assert [(group.key.template, group.entries) for group in groups.groups()] == [("failed", 2), ("", 1)]
    buffer.add([replace(lines(PYTHON)[0], insert_id="a0001", message="order 18 accepted")])
    groups.update()
    assert sum(group.entries for group in groups.groups()) == 2 + len(lines(PYTHON))


@given(arrivals(), st.integers(1, 12))
def test_following_counts_what_a_fresh_look_counts(batches: list[list[LogEntry]], at_most: int) -> None:
    buffer = LogBuffer()
    groups = ErrorGroups(buffer)
    for batch in batches:
        buffer.add(replace(line, severity=ERROR) for line in batch)
        groups.update(at_most)
    while not groups.update(at_most):
        pass
    fresh = ErrorGroups(buffer)
    fresh.update()
    counts = [{group.key: group.entries for group in each.groups()} for each in (groups, fresh)]
    assert counts[0] == counts[1]


def test_a_trace_that_late_lines_break_up_counts_no_more() -> None:
    head, *frames = lines(NODE, 10 * MS)
    buffer = LogBuffer()
    groups = ErrorGroups(buffer)
    buffer.add([head, *frames])
    groups.update()
    assert only(groups).entries == 1
    between = replace(head, timestamp_ns=head.timestamp_ns + 1, insert_id="late", message="  indented")
    buffer.add([replace(head, timestamp_ns=head.timestamp_ns - 1, insert_id="z", message="fine"), between])
    groups.update()
    assert groups.groups() == ()
