"""The log buffer: any order in, one order out, nothing twice, never more than it may hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.rows import Row, row_bytes, row_key
from tests.domain.logs.log_rows import entry, gap, rows

ENTRIES = st.lists(
    st.builds(entry, st.integers(0, 30), st.sampled_from("abc"), log=st.sampled_from(["stdout", "stderr"])), max_size=60
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(entries: list[LogEntry], chance: random.Random) -> None:
    shuffled = entries.copy()
    chance.shuffle(shuffled)
    one, other = LogBuffer(), LogBuffer()
    one.add(entries)
    for item in shuffled:
        other.add([item])
    assert rows(one) == rows(other) == sorted(set(entries), key=row_key)


@given(ENTRIES)
def test_adding_again_changes_nothing(entries: list[LogEntry]) -> None:
    buffer = LogBuffer()
    assert buffer.add(entries) == len({item.identity for item in entries})
    version = buffer.version
    assert buffer.add(entries) == 0
    assert buffer.version == version


@given(ENTRIES, st.integers(1, 20), st.integers(1, 20_000))
def test_the_bounds_hold_and_the_newest_stay(entries: list[LogEntry], max_entries: int, max_bytes: int) -> None:
    buffer = LogBuffer(max_entries, max_bytes)
    added = buffer.add(entries)
    assert len(buffer) <= max_entries
    assert buffer.bytes <= max_bytes or len(buffer) == 1
    assert buffer.bytes == sum(map(row_bytes, rows(buffer)))
    assert added == len(buffer) + buffer.dropped
    newest_first = sorted(set(entries), key=row_key)
    assert rows(buffer) == newest_first[len(newest_first) - len(buffer) :]


def test_entries_older_than_what_fell_out_do_not_come_back() -> None:
    buffer = LogBuffer(max_entries=2)
    buffer.add(entry(at) for at in range(5))
    assert buffer.add([entry(0), entry(2, "0")]) == 0
    buffer.add_gap(gap(1, at_least=7))
    assert [row.order[0] for row in rows(buffer)] == [3, 4]
    assert buffer.lost == 7


def test_a_single_row_stays_however_large() -> None:
    buffer = LogBuffer(max_bytes=10)
    buffer.add([entry(1, message="é" * 1000)])
    assert len(buffer) == 1
    assert buffer.bytes > 4000
    assert buffer.add([entry(0)]) == 1
    assert (len(buffer), buffer.dropped) == (1, 1), "an older one came, and fell out for lack of room"


def test_both_texts_of_an_entry_may_be_wide() -> None:
    narrow, wide = entry(1, message="e" * 10, payload="e" * 7), entry(1, message="é" * 10, payload="é" * 7)
    assert row_bytes(wide) - row_bytes(narrow) == 3 * (10 + 7)


def test_gaps_are_rows_in_their_place_and_are_counted() -> None:
    buffer = LogBuffer()
    buffer.add([entry(10), entry(30)])
    buffer.add_gap(gap(20))
    buffer.add_gap(gap(20))
    buffer.add_gap(gap(20, reason=GapReason.DISCONNECTED))
    assert [type(row) for row in rows(buffer)] == [LogEntry, Gap, Gap, LogEntry]
    assert buffer.row(2) == Gap(GapReason.RATE_LIMIT, 10, 10, 20)
    assert buffer.lost == 15


def test_late_entries_go_around_gaps() -> None:
    buffer = LogBuffer()
    buffer.add_gap(gap(20))
    buffer.add([entry(20), entry(19)])
    assert [row_key(row)[:2] for row in rows(buffer)] == [(19, "a"), (20, ""), (20, "a")]


def test_a_row_is_found_again_by_its_key_when_others_move() -> None:
    buffer = LogBuffer(max_entries=64)
    buffer.add(entry(at) for at in range(100, 160))
    anchor = buffer.key_at(30)
    buffer.add([entry(105, "late"), entry(50)])
    assert buffer.key_at(buffer.index_of(anchor)) == anchor
    assert buffer.index_of(anchor) == 32
    buffer.add(entry(at) for at in range(200, 300))
    assert buffer.index_of(anchor) == 0
    assert buffer.index_of(row_key(entry(999))) == len(buffer)


def test_clearing_forgets_rows_but_not_what_was_lost() -> None:
    buffer = LogBuffer()
    buffer.add([entry(1), entry(2)])
    buffer.add_gap(gap(3))
    version = buffer.version
    buffer.clear()
    assert (len(buffer), buffer.bytes, buffer.dropped, buffer.lost) == (0, 0, 3, 5)
    assert buffer.version > version
    assert buffer.add([entry(1)]) == 1


def test_gaps_of_services_that_become_one_are_of_all_of_them() -> None:
    one, other = ServiceKey("shop", "us", "one"), ServiceKey("shop", "us", "other")
    buffer = LogBuffer()
    buffer.add_gap(replace(gap(20), services=(other,)))
    buffer.add_gap(replace(gap(20), services=(one,)))
    assert rows(buffer) == [Gap(GapReason.RATE_LIMIT, 10, 10, 20, (one, other))]
    buffer.add_gap(gap(20))
    assert rows(buffer) == [Gap(GapReason.RATE_LIMIT, 15, 10, 20)]


def test_rows_that_are_not_retained_make_room_and_may_come_again() -> None:
    buffer = LogBuffer(max_entries=4)
    buffer.add(entry(at, service="one" if at % 2 else "other") for at in range(6))
    assert buffer.fullness == 1.0
    before, end = buffer.version, buffer.dropped + len(buffer)
    buffer.retain(lambda row: isinstance(row, LogEntry) and row.service == "one")
    assert [row.order[0] for row in rows(buffer)] == [3, 5]
    assert buffer.fullness == 0.5
    assert buffer.bytes == sum(map(row_bytes, rows(buffer)))
    assert buffer.dropped + len(buffer) == end
    assert buffer.first_change_since(before) == 0
    assert buffer.add([entry(1, service="one")]) == 1
    before = buffer.version
    buffer.retain(lambda row: True)
    assert buffer.version == before


def test_the_first_changed_row_is_known() -> None:
    buffer = LogBuffer()
    buffer.add(entry(at) for at in (10, 20, 30))
    before = buffer.version
    assert buffer.first_change_since(before) == 3
    buffer.add([entry(40)])
    assert buffer.first_change_since(before) == 3
    buffer.add([entry(15)])
    assert buffer.first_change_since(before) == 1
    assert buffer.first_change_since(buffer.version - 1) == 1
    for at in range(100, 200):
        buffer.add([entry(at)])
    assert buffer.first_change_since(before) == 1
    assert LogBuffer().first_change_since(-1) == 0


def test_as_many_changes_as_are_remembered_are_told_exactly() -> None:
    buffer = LogBuffer()
    buffer.add([entry(0)])
    first = buffer.version
    for at in range(1, 1_024):
        buffer.add([entry(at)])
    assert buffer.first_change_since(first) == 1


def test_many_changes_of_one_row_are_remembered_as_one() -> None:
    buffer = LogBuffer()
    buffer.add(entry(at) for at in (0, 1, 2, 10_000))
    before = buffer.version
    for number in range(1_100):
        buffer.add([entry(9_000 - number)])
    assert buffer.first_change_since(before) == 3


def test_after_very_many_changes_it_reports_too_many_rows_rather_than_too_few() -> None:
    buffer = LogBuffer()
    seen = []
    for at in range(3_000):
        buffer.add([entry(at)])
        seen.append(buffer.version)
    assert buffer.first_change_since(seen[10]) <= 11
    assert buffer.first_change_since(seen[2_500]) == 2_501
    assert buffer.first_change_since(seen[-1]) == 3_000


def test_rows_are_found_in_both_directions() -> None:
    buffer = LogBuffer()
    buffer.add(entry(at, severity=Severity.ERROR if at in (2, 5) else Severity.INFO) for at in range(8))

    def is_error(row: Row) -> bool:
        return isinstance(row, LogEntry) and row.severity >= Severity.ERROR

    assert buffer.find(is_error, 0, 1) == 2
    assert buffer.find(is_error, 3, 1) == 5
    assert buffer.find(is_error, 4, -1) == 2
    assert buffer.find(is_error, 99, -1) == 5
    assert buffer.find(is_error, -7, 1) == 2
    assert buffer.find(is_error, 6, 1) is None
    assert buffer.find(is_error, 1, -1) is None


def test_a_slice_of_rows_can_be_read() -> None:
    buffer = LogBuffer()
    buffer.add(entry(at) for at in range(5))
    assert [row.order[0] for row in buffer.rows(1, 3)] == [1, 2]


@pytest.mark.parametrize(("max_entries", "max_bytes"), [(0, 1), (1, 0)])
def test_a_buffer_needs_room(max_entries: int, max_bytes: int) -> None:
    with pytest.raises(ValueError, match="room"):
        LogBuffer(max_entries, max_bytes)


def test_a_flood_leaves_no_more_than_the_bound() -> None:
    buffer = LogBuffer(max_entries=1_000, max_bytes=2**20)
    for start in range(0, 100_000, 200):
        buffer.add(entry(at, message="x" * 100) for at in range(start, start + 200))
    assert len(buffer) <= 1_000
    assert buffer.dropped + len(buffer) == 100_000


def test_after_a_trim_of_many_rows_nothing_older_than_the_last_of_them_comes_back() -> None:
    buffer = LogBuffer(max_entries=128)
    buffer.add(entry(at) for at in range(129))
    assert [row.order[0] for row in rows(buffer)] == list(range(3, 129))
    assert buffer.add([entry(1), entry(1, "late"), entry(2)]) == 0
    buffer.add_gap(gap(2))
    assert [row.order[0] for row in rows(buffer)] == list(range(3, 129))
    assert buffer.add([entry(2, "late")]) == 1, "it is newer than the last row that fell out"
