"""The filtered view of the log: the same rows as a fresh look at all of them, with less looking."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, LogEntry
from cfconsole.domain.logs.filtered_view import FilteredLog
from cfconsole.domain.logs.rows import Row
from tests.domain.logs.log_rows import entry, gap, rows


class Looking:
    """Accepts rows at even times and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, row: Row) -> bool:
        self.asked += 1
        return not isinstance(row, LogEntry) or row.timestamp_ns % 2 == 0


STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(0, 40).map(entry), max_size=8),
        st.integers(0, 40).map(gap),
        st.sampled_from(["clear", "look"]),
    ),
    max_size=30,
)


@given(STEPS, st.integers(1, 20))
def test_it_follows_the_buffer_whatever_happens(steps: list[object], room: int) -> None:
    buffer = LogBuffer(max_entries=room)
    even = Looking()
    filtered = FilteredLog(buffer, even)
    for step in steps:
        match step:
            case list():
                buffer.add(step)
            case "clear":
                buffer.clear()
            case "look":
                assert len(filtered) <= len(buffer)
            case Gap():
                buffer.add_gap(step)
    assert rows(filtered) == [row for row in rows(buffer) if even(row)]


def test_what_falls_out_of_the_buffer_is_not_kept_by_a_view_that_rests() -> None:
    buffer = LogBuffer(max_entries=128)
    first = entry(0)
    held = sys.getrefcount(first)
    buffer.add([first])
    shown = FilteredLog(buffer, lambda row: True)
    assert (len(shown), sys.getrefcount(first)) == (1, held + 2)
    buffer.add([entry(number) for number in range(1, 200)])
    assert sys.getrefcount(first) == held
    assert [shown.row(index) for index in range(len(shown))] == buffer.rows(0, len(buffer))


def test_new_rows_are_looked_at_once() -> None:
    buffer, even = LogBuffer(), Looking()
    filtered = FilteredLog(buffer, even)
    buffer.add(entry(at) for at in range(1_000))
    assert len(filtered) == 500
    asked = even.asked
    buffer.add(entry(at) for at in range(1_000, 1_010))
    buffer.add([entry(995, "late")])
    assert len(filtered) == 505
    assert even.asked - asked <= 20


def test_its_version_grows_only_with_what_it_shows() -> None:
    buffer = LogBuffer()
    filtered = FilteredLog(buffer, Looking())
    buffer.add([entry(2)])
    version = filtered.version
    buffer.add([entry(3)])
    assert filtered.version == version
    buffer.add([entry(4)])
    assert filtered.version > version
    version = filtered.version
    buffer.clear()
    assert filtered.version > version


def test_a_pane_keeps_its_row_and_finds_others() -> None:
    buffer = LogBuffer()
    filtered = FilteredLog(buffer, Looking())
    buffer.add(entry(at) for at in range(10, 20))
    anchor = filtered.key_at(2)
    buffer.add([entry(4), entry(5)])
    assert filtered.index_of(anchor) == 3
    assert filtered.find(lambda row: row.order[0] > 12, 0, 1) == 3
    assert filtered.find(lambda row: row.order[0] > 12, 2, -1) is None
