"""The filters that are sent to Cloud Logging, word for word."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.query import (
    MAX_QUERY,
    QueryTooLong,
    background_query,
    expression_error,
    own_entries_query,
    quoted,
    request_query,
    service_query,
    trace_query,
)

ORDERS = ServiceKey("shop", "us-central1", "orders")
BILLING = ServiceKey("shop", "us-central1", "billing")
MAIL = ServiceKey("shop", "europe-west1", "mail")
ORDERS_QUERY = (
    'resource.type="cloud_run_revision" AND '
    '(resource.labels.location="us-central1" AND resource.labels.service_name="orders")'
)


def test_one_service_alone() -> None:
    assert service_query([ORDERS], background=False) == ORDERS_QUERY


def test_services_are_grouped_by_region_in_a_stable_order() -> None:
    query = service_query([ORDERS, MAIL, BILLING, ORDERS], background=False)
    assert query == service_query([MAIL, BILLING, ORDERS], background=False)
    assert query == (
        'resource.type="cloud_run_revision" AND '
        '((resource.labels.location="europe-west1" AND resource.labels.service_name="mail") OR '
        '(resource.labels.location="us-central1" AND '
        '(resource.labels.service_name="billing" OR resource.labels.service_name="orders")))'
    )


def test_request_logs_come_whatever_the_severity() -> None:
    query = service_query([ORDERS], Severity.ERROR, background=False)
    assert query == ORDERS_QUERY + ' AND (severity>=ERROR OR logName:"run.googleapis.com%2Frequests")'


def test_background_events_are_joined_in() -> None:
    assert service_query([ORDERS]) == f"({ORDERS_QUERY}) OR ({background_query()})"
    assert service_query([]) == background_query()
    assert background_query() == (
        '(logName:"cloudaudit.googleapis.com%2Factivity" AND '
        '(resource.type="cloud_run_revision" OR resource.type="cloud_function")) OR '
        'logName:"monitoring.googleapis.com%2FViolation"'
    )


def test_bounds_in_time_hold_for_all_of_it() -> None:
    query = service_query([], since_ns=1_500_000_000, until_ns=2_000_000_000)
    assert query == (
        f'timestamp>="1970-01-01T00:00:01.5Z" AND timestamp<"1970-01-01T00:00:02Z" AND ({background_query()})'
    )


def test_the_operators_filter_narrows_the_services() -> None:
    query = service_query([ORDERS], background=False, extra=" textPayload:x -- why ")
    assert query == ORDERS_QUERY + " AND (\ntextPayload:x -- why\n)"


def test_request_logs_of_some_revisions() -> None:
    query = request_query(ORDERS, ["orders-2", "orders-1"], since_ns=0)
    assert query == (
        f'timestamp>="1970-01-01T00:00:00Z" AND ({ORDERS_QUERY} AND logName:"run.googleapis.com%2Frequests" AND '
        '(resource.labels.revision_name="orders-1" OR resource.labels.revision_name="orders-2"))'
    )
    assert request_query(ORDERS) == f'{ORDERS_QUERY} AND logName:"run.googleapis.com%2Frequests"'


def test_what_revisions_log_themselves() -> None:
    assert own_entries_query(ORDERS, since_ns=0) == (
        f'timestamp>="1970-01-01T00:00:00Z" AND ({ORDERS_QUERY} AND NOT logName:"run.googleapis.com%2Frequests" '
        'AND NOT logName:"cloudaudit.googleapis.com%2Factivity")'
    )


@pytest.mark.parametrize(
    ("value", "shown"), [('a"b', r'"a\"b"'), ("a\\", r'"a\\"'), ("a\nb", r'"a\u000ab"'), ("\U000e0041", '"\U000e0041"')]
)
def test_no_value_leaves_its_quotes(value: str, shown: str) -> None:
    assert quoted(value) == shown


def test_asking_for_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="select a service"):
        service_query([], background=False)


def test_a_filter_google_would_refuse_is_refused_here() -> None:
    many = [replace(ORDERS, name=f"orders-{number:04}") for number in range(500)]
    with pytest.raises(QueryTooLong, match="select fewer services"):
        service_query(many)
    assert len(service_query(many[:300])) <= MAX_QUERY


def test_a_trace_is_asked_for_by_its_full_name_and_by_its_id() -> None:
    assert trace_query("shop", "abc", since_ns=0, until_ns=10**9) == (
        'timestamp>="1970-01-01T00:00:00Z" AND timestamp<"1970-01-01T00:00:01Z" AND '
        '((trace="projects/shop/traces/abc" OR trace="abc"))'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "severity>=ERROR",
        '(a OR b) AND textPayload:"(" -- why (not)',
        "x='it)s' AND y=\"it's\"",
        r'"a \" ) b"',
        "-- all (of\n(it)",
        "well--known:(x)",
    ],
)
def test_an_expression_in_order(text: str) -> None:
    assert expression_error(text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (") OR (", "character 1 has no opening one"),
        ("a) OR (b", "character 2 has no opening one"),
        ("((a)", "one ( is not closed"),
        ('textPayload:"never', "quote at character 13 is not closed"),
        ("don't", "quote at character 4 is not closed"),
        ('"a\\"', "quote at character 1 is not closed"),
    ],
)
def test_an_expression_that_would_leave_its_brackets(text: str, said: str) -> None:
    assert said in expression_error(text)
