"""Stack traces in lines are found whoever writes in between, and late lines change nothing but what they are of."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from msgspec.structs import replace

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.logs.filtered_view import FilteredLog, is_error_stop
from cfconsole.domain.logs.rows import Row, row_key
from cfconsole.domain.logs.stack_assembly import LOOKBACK_ROWS, MAX_STACK_LINES, PAUSE_NS, SPAN_NS
from tests.domain.logs.log_rows import entry, gap, rows
from tests.domain.logs.split_traces import CHAINED, GO, GROUP, JAVA, MS, NEXT, NODE, PYTHON, arrivals, lines, said


def shown(*entries: Row) -> FilteredLog:
    buffer = LogBuffer()
    buffer.add(row for row in entries if isinstance(row, LogEntry))
    return FilteredLog(buffer, lambda row: True)


def stacks(log: FilteredLog) -> list[str]:
    """The text of each stack trace, in the order of the rows."""
    found = {id(stack): stack for row in rows(log) if (stack := log.stack_of(row))}
    return [stack.whole().message for stack in found.values()]


def stops(log: FilteredLog) -> list[str]:
    return [row.message for row in rows(log) if is_error_stop(log, row) and isinstance(row, LogEntry)]


@pytest.mark.parametrize("text", [PYTHON, CHAINED, JAVA, NODE, GO, GROUP], ids=lambda text: text[:12])
def test_lines_of_one_instance_stand_together_whatever_others_write(text: str) -> None:
    others = [entry(number * 500, f"z{number}", f"line {number}") for number in range(40)]
    one, other = lines(text, 250), lines(text, 500, instance="b")
    log = shown(*others, *one, *other)
    assert stacks(log) == [text, text]
    at = log.index_of(row_key(one[0]))
    assert [log.row(at + number) for number in range(len(one))] == one
    assert sorted(map(row_key, rows(log))) == sorted(map(row_key, [*others, *one, *other]))
    assert [log.index_of(log.key_at(index)) for index in range(len(log))] == list(range(len(log)))


def test_lines_of_another_log_or_revision_are_of_something_else() -> None:
    first, *more = lines(PYTHON)
    for other in (replace(first, log="run.googleapis.com/stdout"), replace(first, revision="orders-00002")):
        assert stacks(shown(other, *more)) == []


def test_what_is_no_line_of_text_does_not_come_in_between() -> None:
    trace = lines(PYTHON)
    for odd in ({"payload": "{}"}, {"message": "a\nb"}):
        log = shown(*trace, replace(trace[2], insert_id="odd", **odd))
        assert stacks(log) == [PYTHON]
        assert len(log) == len(trace) + 1


def test_another_line_of_the_same_source_ends_it() -> None:
    trace = lines(PYTHON)
    log = shown(*trace, replace(trace[1], insert_id="a001a", message=NEXT))
    assert stacks(log) == ["\n".join(said(trace[:2]))]


def test_a_trace_whose_beginning_fell_out_takes_no_more_lines() -> None:
    first, second, third = lines(PYTHON, apart=1_000)[:3]
    buffer = LogBuffer(max_entries=64)
    log = FilteredLog(buffer, lambda row: True)
    buffer.add([first, second])
    assert log.stack_of(second)
    buffer.add(entry(second.timestamp_ns + 1 + number, "z", "hello") for number in range(63))
    buffer.add([third])
    assert rows(log) == rows(buffer)
    assert log.stack_of(third) is None


def test_lines_that_come_too_late_after_each_other_are_of_something_else() -> None:
    slow, slower = lines(PYTHON, apart=PAUSE_NS), lines(PYTHON, apart=PAUSE_NS + 1)
    assert stacks(shown(*slow)) == [PYTHON]
    assert stacks(shown(*slower)) == []
    head, frame = lines(JAVA, apart=PAUSE_NS + 1)[:2]
    assert stacks(shown(head, frame)) == []


def test_it_is_bounded_in_lines_and_in_time() -> None:
    endless = "Traceback (most recent call last):" + '\n  File "a.py"' * (MAX_STACK_LINES + 5)
    assert stacks(shown(*lines(endless)))[0].count("\n") == MAX_STACK_LINES - 1
    many = lines("Traceback (most recent call last):" + '\n  File "a.py"' * 20, apart=PAUSE_NS)
    assert stacks(shown(*many))[0].count("\n") == SPAN_NS // PAUSE_NS


def test_frames_have_a_head_or_are_nothing() -> None:
    head, *frames = lines(NODE)
    assert stacks(shown(*frames)) == []
    assert stacks(shown(replace(head, message="  indented"), *frames)) == []
    between = [entry(0, f"z{number:03}", "x") for number in range(LOOKBACK_ROWS)]
    assert stacks(shown(head, *between, *frames)) == []
    assert stacks(shown(head, *between[1:], *frames)) == [NODE]
    assert stacks(shown(*between, *frames)) == []


def test_a_line_heads_one_stack_only() -> None:
    first = lines(PYTHON)
    frame = replace(first[-1], timestamp_ns=20_000, message="    at price (/app/orders.js:12:7)")
    other = replace(first[-1], timestamp_ns=10_000, message="")
    closing = replace(first[-1], timestamp_ns=15_000, message=NEXT)
    assert stacks(shown(*first, other, closing, frame)) == [f"{PYTHON}\n", f"{NEXT}\n{frame.message}"]
    tailless = [*first[:-1], replace(frame, timestamp_ns=50 * MS + PAUSE_NS)]
    assert stacks(shown(*tailless)) == ["\n".join(said(first[:-1]))]


def test_going_from_error_to_error_stops_once_at_each_message() -> None:
    plain = entry(9 * MS, message="failed", severity=Severity.ERROR)
    log = shown(
        *lines(CHAINED, 1 * MS),
        *lines(JAVA, 2 * MS, severity=Severity.ERROR),
        *lines(PYTHON, 3 * MS, severity=Severity.WARNING),
        entry(4 * MS, message=NEXT),
        entry(5 * MS, message="Traceback (most recent call last):"),
        plain,
    )
    assert stops(log) == ["shop.money.Unpriced: order 17", "java.lang.IllegalStateException: no price", "failed"]
    assert not is_error_stop(log, gap(1))
    assert not is_error_stop(LogBuffer(), entry(1))


def test_it_is_filtered_as_the_one_error_it_is() -> None:
    buffer = LogBuffer()
    buffer.add([*lines(PYTHON), *lines(JAVA, instance="b"), entry(5 * MS, message="XTS again")])
    found = FilteredLog(buffer, lambda row: isinstance(row, LogEntry) and "XTS" in row.message)
    assert said([row for row in rows(found) if isinstance(row, LogEntry)]) == [*PYTHON.split("\n"), "XTS again"]
    severe = FilteredLog(buffer, lambda row: isinstance(row, LogEntry) and row.severity >= Severity.ERROR)
    assert len(severe) == (PYTHON + "\n" + JAVA).count("\n") + 1


def test_it_is_shown_or_hidden_as_it_grows() -> None:
    buffer = LogBuffer()
    short = FilteredLog(buffer, lambda row: isinstance(row, LogEntry) and "KeyError" not in row.message)
    trace = lines(PYTHON)
    for number, line in enumerate(trace, 1):
        buffer.add([line])
        assert len(short) == (number if number < len(trace) else 0)
    buffer.add([replace(trace[2], insert_id="a0021", message=NEXT)])
    assert said([row for row in rows(short) if isinstance(row, LogEntry)]) == [
        *said(trace[:3]),
        NEXT,
        *said(trace[3:5]),
    ]


def test_it_falls_out_with_its_first_line() -> None:
    buffer = LogBuffer(max_entries=64)
    log = FilteredLog(buffer, lambda row: True)
    trace = lines(PYTHON)
    buffer.add([*trace, *(entry(10 * MS + number) for number in range(58))])
    assert len(log) == 64
    buffer.add([entry(20 * MS)])
    assert len(log) == 64 - len(trace) + 1
    assert stacks(log) == []
    buffer.clear()
    assert len(log) == 0


def test_a_late_line_finds_its_own_and_leaves_what_is_long_over() -> None:
    buffer = LogBuffer()
    log = FilteredLog(buffer, lambda row: True)
    first, *late, last = lines(JAVA, 2 * SPAN_NS)
    buffer.add([*lines(PYTHON), first, last, entry(3 * SPAN_NS)])
    assert len(log) == len(lines(PYTHON)) + 3
    buffer.add(late)
    assert stacks(log) == [PYTHON, JAVA]


@given(arrivals())
def test_following_gives_what_a_fresh_look_gives(batches: list[list[LogEntry]]) -> None:
    buffer = LogBuffer()

    def accept(row: Row) -> bool:
        return isinstance(row, LogEntry) and "x" in row.message

    followed = FilteredLog(buffer, lambda row: True)
    narrow = FilteredLog(buffer, accept)
    for batch in batches:
        buffer.add(batch)
        for log, fresh in ((followed, FilteredLog(buffer, lambda row: True)), (narrow, FilteredLog(buffer, accept))):
            assert rows(log) == rows(fresh)
            assert stacks(log) == stacks(fresh)
            assert stops(log) == stops(fresh)
    assert sorted(map(row_key, rows(followed))) == [buffer.key_at(index) for index in range(len(buffer))]


@pytest.mark.parametrize("seed", range(3))
def test_tracebacks_of_many_instances_each_come_out_whole(seed: int) -> None:
    chance = random.Random(seed)
    entries = [
        line
        for number in range(30)
        for line in lines(chance.choice([PYTHON, JAVA, NODE, GO]), chance.randrange(20) * 700, instance=f"i{number:02}")
    ]
    chance.shuffle(entries)
    buffer = LogBuffer()
    log = FilteredLog(buffer, lambda row: True)
    for at in range(0, len(entries), 7):
        buffer.add(entries[at : at + 7])
        len(log)
    assert len(stacks(log)) == 30
    assert set(stacks(log)) <= {PYTHON, JAVA, NODE, GO}


def test_the_last_row_is_looked_at_anew_once_those_before_it_are_gone() -> None:
    first, *more = lines(PYTHON, MS)
    buffer = LogBuffer()
    log = FilteredLog(buffer, lambda row: True)
    buffer.add([entry(0, "z", "x"), first])
    assert len(log) == 2
    buffer.retain(lambda row: row == first)
    assert rows(log) == [first]
    buffer.add([*more, entry(9 * MS, "z", "x")])
    assert stacks(log) == [PYTHON]
    buffer.retain(lambda row: row.order[0] == 9 * MS)
    assert rows(log) == rows(buffer)
