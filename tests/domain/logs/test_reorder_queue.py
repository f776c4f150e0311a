"""Live rows leave in the order of time, each once, after a short while."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.logs.reorder_queue import ReorderQueue
from cfconsole.domain.logs.rows import Row
from tests.domain.logs.log_rows import entry, gap


def test_a_row_waits_for_older_ones_that_come_later() -> None:
    queue = ReorderQueue()
    queue.add([entry(20)], 0.0)
    queue.add([entry(10)], 0.5)
    assert queue.due(0.9) == []
    assert queue.due(1.0) == [entry(10), entry(20)]
    assert queue.due(9.0) == []
    assert len(queue) == 0


def test_newer_rows_wait_on() -> None:
    queue = ReorderQueue()
    queue.add([entry(10)], 0.0)
    queue.add([entry(30)], 0.5)
    assert queue.due(1.0) == [entry(10)]
    assert len(queue) == 1
    assert queue.due(1.5) == [entry(30)]


def test_what_comes_too_late_comes_out_all_the_same() -> None:
    queue = ReorderQueue()
    queue.add([entry(20)], 0.0)
    assert queue.due(1.0) == [entry(20)]
    queue.add([entry(10)], 1.0)
    assert queue.due(2.0) == [entry(10)]


def test_an_entry_comes_out_once() -> None:
    queue = ReorderQueue()
    assert not queue.seen_before(entry(5))
    queue.add([entry(5), entry(10), entry(10)], 0.0)
    assert queue.due(1.0) == [entry(10)]
    queue.add([entry(10), entry(5)], 1.0)
    assert queue.due(9.0) == []


def test_entries_of_one_nanosecond_are_told_apart_and_gaps_stand_before_them() -> None:
    queue = ReorderQueue()
    rows: list[Row] = [entry(10, "b"), entry(10, "a"), gap(10), entry(10, "a", log="run.googleapis.com/stdout")]
    queue.add(rows, 0.0)
    assert queue.due(1.0) == [gap(10), entry(10, "a"), entry(10, "a", log="run.googleapis.com/stdout"), entry(10, "b")]


def test_what_is_remembered_is_bounded_and_the_newest_half_is_never_forgotten() -> None:
    queue = ReorderQueue(max_known=4)
    queue.add([entry(at) for at in range(1, 6)], 0.0)
    assert len(queue.due(1.0)) == 5
    queue.add([entry(at) for at in (3, 4, 5)], 1.0)
    assert queue.due(2.0) == []
    queue.add([entry(1)], 2.0)
    assert queue.due(3.0) == [entry(1)]


def test_a_flood_does_not_wait() -> None:
    queue = ReorderQueue(max_held=3)
    queue.add([entry(at) for at in (5, 4, 3, 2, 1)], 0.0)
    assert queue.due(0.0) == [entry(1), entry(2)]
    assert queue.due(1.0) == [entry(3), entry(4), entry(5)]


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 0.99)), max_size=40))
def test_in_order_and_complete_whatever_comes_within_the_wait(arrivals: list[tuple[int, float]]) -> None:
    queue = ReorderQueue()
    for at, now_s in sorted(arrivals, key=lambda arrival: arrival[1]):
        queue.add([entry(at)], now_s)
    assert [row.order[0] for row in queue.due(2.0)] == sorted({at for at, _ in arrivals})
