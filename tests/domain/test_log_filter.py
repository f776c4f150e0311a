"""The filtered view of the log: the same rows as a fresh look at all of them, with less looking."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.log_buffer import LogBuffer, Row
from cfconsole.domain.log_filter import BadPattern, FilteredLog, LogFilter, parse_filter, view
from cfconsole.domain.logs import Gap, LogEntry, Severity
from cfconsole.domain.services import ServiceKey
from tests.domain.logs import entry, gap, rows

BILLING = ServiceKey("shop", "us-central1", "billing")


def parsed(text: str) -> LogFilter:
    found = parse_filter(text)
    assert isinstance(found, LogFilter)
    return found


@pytest.mark.parametrize(
    ("text", "message", "accepted"),
    [
        ("", "anything", True),
        ("!", "anything", True),
        ("currency", "unknown CURRENCY", True),
        ("Currency", "unknown currency", False),
        (r"\Sx", "ABX", True),
        ("!health", "GET /health", False),
        ("!health", "GET /cart", True),
    ],
)
def test_what_was_typed_decides(text: str, message: str, accepted: bool) -> None:
    assert parsed(text).accepts(entry(1, message=message)) is accepted


def test_the_payload_is_searched_too() -> None:
    assert parsed("xts").accepts(entry(1, payload='{"currency":"XTS"}'))
    assert not parsed("!xts").accepts(entry(1, payload='{"currency":"XTS"}'))


def test_severity_and_service_narrow_it() -> None:
    narrow = parse_filter("", min_severity=Severity.ERROR, services=[BILLING])
    assert isinstance(narrow, LogFilter)
    assert narrow.accepts(entry(1, severity=Severity.ERROR, service="billing"))
    assert not narrow.accepts(entry(1, severity=Severity.INFO, service="billing"))
    assert not narrow.accepts(entry(1, severity=Severity.ERROR, service="orders"))


def test_a_time_narrows_it() -> None:
    since = LogFilter(since_ns=100)
    assert [since.accepts(entry(at)) for at in (99, 100)] == [False, True]
    assert [since.accepts(gap(at)) for at in (99, 100)] == [False, True]


def test_gaps_are_shown_at_any_severity() -> None:
    assert LogFilter(Severity.EMERGENCY, services=frozenset({BILLING})).accepts(gap(1))


@pytest.mark.parametrize(("of", "shown"), [((), True), ((BILLING,), True), ((BILLING._replace(name="orders"),), False)])
def test_a_gap_of_other_services_is_not_shown(of: tuple[ServiceKey, ...], shown: bool) -> None:
    assert LogFilter(services=frozenset({BILLING})).accepts(gap(1)._replace(services=of)) is shown
    assert LogFilter().accepts(gap(1)._replace(services=of))


def test_nothing_is_found_where_nothing_is_searched() -> None:
    assert not LogFilter().finds(entry(1))
    assert parsed("!hello").finds(entry(1))


@pytest.mark.parametrize("text", ["(", "!*", "a{99999999999999}"])
def test_a_bad_expression_is_said_not_raised(text: str) -> None:
    bad = parse_filter(text)
    assert isinstance(bad, BadPattern)
    assert "is not a regular expression" in bad.sentence


def test_matches_are_marked_but_not_empty_ones_nor_too_many() -> None:
    assert parsed("an").matches("banana") == ((1, 3), (3, 5))
    assert parsed("x*").matches("axxb") == ((1, 3),)
    assert len(parsed("a").matches("a" * 5_000)) == 100
    assert parsed("!an").matches("banana") == ()
    assert LogFilter().matches("banana") == ()


def test_without_a_filter_the_buffer_is_shown_itself() -> None:
    buffer = LogBuffer()
    assert view(buffer, LogFilter()) is buffer
    assert view(buffer, parsed("!")) is buffer
    assert view(buffer, parsed("x")) is not buffer


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
