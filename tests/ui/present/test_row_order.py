"""The order of rows while it holds still, and the cursor in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cfconsole.ui.present.row_order import hold_order, step_key, window_top
from tests.ui.shop import BILLING, CATALOG, ORDERS


def test_the_order_is_held() -> None:
    assert hold_order((ORDERS, BILLING), (CATALOG, BILLING)) == (BILLING, CATALOG)
    assert step_key((ORDERS, BILLING), ORDERS, 5) == BILLING
    assert step_key((ORDERS, BILLING), CATALOG, 1) == ORDERS
    assert step_key((), ORDERS, 1) is None


@given(st.integers(0, 50), st.integers(0, 49), st.integers(1, 20))
def test_the_cursor_is_always_in_sight(top: int, cursor: int, rows: int) -> None:
    start = window_top(top, cursor, rows, 50)
    assert start <= cursor < start + rows
    assert start == 0 or start + rows <= 50
