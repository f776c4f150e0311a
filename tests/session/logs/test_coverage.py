"""How far the log of each service is known, by the query it was read with."""

from __future__ import annotations

import pytest

from cfconsole.domain.logs.entries import Severity
from cfconsole.session.logs.coverage import Coverage
from cfconsole.session.logs.tail_query import TailQuery
from tests.session.shop import BILLING, ORDERS


def spans(coverage: Coverage) -> dict[str, tuple[int, int]]:
    """The known span of each selected service."""
    return {key.name: (span.from_ns, span.to_ns) for key, span in coverage.known.items()}


def read(query: TailQuery, from_ns: int, to_ns: int) -> Coverage:
    coverage = Coverage()
    coverage.set_query(query)
    coverage.begin(query.keys, from_ns, to_ns)
    return coverage


def test_what_was_read_by_another_expression_is_not_known_under_this_one() -> None:
    coverage = read(TailQuery((ORDERS,), extra="textPayload:a"), 10, 20)
    coverage.set_query(TailQuery((ORDERS,), extra="textPayload:b"))
    assert spans(coverage) == {}
    coverage.set_query(TailQuery((ORDERS,), extra="textPayload:a"))
    assert spans(coverage) == {"orders-api": (10, 20)}


@pytest.mark.parametrize(
    ("was_read", "selected", "known"),
    [
        (Severity.INFO, Severity.INFO, True),
        (Severity.INFO, Severity.ERROR, True),
        (Severity.ERROR, Severity.INFO, False),
    ],
    ids=["the same", "a higher one", "a lower one"],
)
def test_a_log_is_known_if_it_was_read_down_to_the_selected_severity(
    was_read: Severity, selected: Severity, known: bool
) -> None:
    coverage = read(TailQuery((ORDERS,), was_read), 10, 20)
    coverage.set_query(TailQuery((ORDERS,), selected))
    assert spans(coverage) == ({"orders-api": (10, 20)} if known else {})


def test_only_selected_services_are_known_and_forgotten_ones_are_not() -> None:
    coverage = read(TailQuery((ORDERS, BILLING)), 10, 20)
    coverage.set_query(TailQuery((ORDERS,)))
    assert spans(coverage) == {"orders-api": (10, 20)}
    coverage.forget((ORDERS,))
    assert spans(coverage) == {}
    assert coverage.ends((ORDERS, BILLING)) == [20]


def test_a_stream_reaches_on_only_once_what_came_before_it_was_read() -> None:
    coverage = read(TailQuery((ORDERS,)), 10, 20)
    entry_ns = 50
    coverage.last_ns = entry_ns
    assert spans(coverage) == {"orders-api": (10, 20)}, "between the page and the stream something may be missing"
    coverage.mark_filled()
    assert spans(coverage) == {"orders-api": (10, entry_ns)}
    coverage.last_ns = 70
    coverage.reopen()
    coverage.last_ns = 90
    assert spans(coverage) == {"orders-api": (10, 70)}, "all that the stream brought until it broke, and no more"


def test_a_log_that_is_read_further_keeps_the_part_that_is_known() -> None:
    coverage = read(TailQuery((ORDERS,)), 10, 20)
    coverage.extend((ORDERS,), 15)
    coverage.extend_back((ORDERS,), 12)
    assert spans(coverage) == {"orders-api": (10, 20)}
    coverage.extend((ORDERS,), 30)
    coverage.extend_back((ORDERS,), 5)
    assert spans(coverage) == {"orders-api": (5, 30)}
