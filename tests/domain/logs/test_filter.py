"""What a filter of the log accepts and marks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.filter import BadPattern, LogFilter, parse_filter
from tests.domain.logs.log_rows import entry, gap

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


@pytest.mark.parametrize(("of", "shown"), [((), True), ((BILLING,), True), ((replace(BILLING, name="orders"),), False)])
def test_a_gap_of_other_services_is_not_shown(of: tuple[ServiceKey, ...], shown: bool) -> None:
    assert LogFilter(services=frozenset({BILLING})).accepts(replace(gap(1), services=of)) is shown
    assert LogFilter().accepts(replace(gap(1), services=of))


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


def test_without_anything_to_filter_all_is_shown() -> None:
    assert LogFilter().shows_all
    assert parsed("!").shows_all
    assert not parsed("x").shows_all
