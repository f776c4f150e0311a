"""The order of the services, and what a typed filter leaves of them."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.services import Health, ServiceKind
from cfconsole.domain.health.order import arrange
from cfconsole.domain.health.state import worst_first
from tests.builders import ORDERS, function, key, service
from tests.domain.health.cases import FAILED, LIMITS, SICK

FLEET = (
    service(key=key("catalog")),
    service(key=key("billing", "europe-west1"), kind=ServiceKind.FUNCTION, function=function(name="bill-fn")),
    service(key=key("billing")),
    service(key=ORDERS),
    service(key=key("search"), condition=FAILED),
    service(key=key("media"), effective=()),
)
ALL = [
    "us-central1/media",
    "us-central1/orders-api",
    "us-central1/search",
    "europe-west1/billing",
    "us-central1/billing",
    "us-central1/catalog",
]
"""As they stand without a filter."""


def shown(typed: str = "", *, faults_only: bool = False) -> list[str]:
    rows = arrange(FLEET, {ORDERS: SICK}, LIMITS, typed=typed, faults_only=faults_only)
    return [f"{row.key.region}/{row.key.name}" for row, _ in rows]


def test_the_worst_come_first_and_equals_stand_by_name() -> None:
    assert shown() == ALL
    assert worst_first(service(), Health.DOWN) < worst_first(service(), Health.READY)


def test_faults_only_leaves_out_what_is_well() -> None:
    assert shown(faults_only=True) == ["us-central1/media", "us-central1/orders-api", "us-central1/search"]


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        pytest.param("BILL", ["europe-west1/billing", "us-central1/billing"], id="a part of a name in any case"),
        pytest.param("!bill", [row for row in ALL if "billing" not in row], id="what does not match"),
        pytest.param("europe", ["europe-west1/billing"], id="a region"),
        pytest.param("bill-fn", ["europe-west1/billing"], id="the name of a function"),
        pytest.param("function", ["europe-west1/billing"], id="a kind"),
        pytest.param("erroring", ["us-central1/orders-api"], id="a state"),
        pytest.param("^(catalog|search)", ["us-central1/search", "us-central1/catalog"], id="a pattern"),
        pytest.param("00042", [row for row in ALL if row != "us-central1/media"], id="a revision that serves"),
        pytest.param("[", [], id="half a pattern"),
        pytest.param("![", ALL, id="all but half a pattern"),
        pytest.param("!", ALL, id="all but nothing"),
    ],
)
def test_a_typed_filter_leaves_the_services_that_match(typed: str, rows: list[str]) -> None:
    assert shown(typed) == rows
