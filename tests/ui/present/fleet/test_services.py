"""Rows of services: their columns, and the serving revisions in a few words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Target
from cfconsole.ui.present.cells import width_of
from cfconsole.ui.present.fleet.revisions import desired_words
from cfconsole.ui.present.fleet.services import columns, heading, serving_words
from tests.ui.shop import NOW, ORDERS, service


@pytest.mark.parametrize("width", [40, 56, 59, 76, 88, 99, 140])
def test_service_columns_fill_the_pane(width: int) -> None:
    assert width_of(heading(columns(width))) <= max(width, 50)


def test_a_split_is_never_shown_as_one_revision() -> None:
    split = service(ORDERS, 42, NOW, "ci", split=((42, 90), (41, 10)))
    assert serving_words(split, 13) == "00042 90% +1"
    assert serving_words(split, 10) == "00042 90%"
    assert serving_words(replace(split, effective=()), 10) == "none"


def test_the_desired_split_is_shown_only_while_it_differs() -> None:
    steady = service(ORDERS, 42, NOW, "ci")
    assert desired_words(steady) == ""
    moving = replace(steady, desired=(Target("orders-api-00041", 90), Target("", 10)))
    assert desired_words(moving) == "desired 00041 90 % · latest 10 %"
