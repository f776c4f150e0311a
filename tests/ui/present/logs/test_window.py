"""Which rows of the log are visible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Severity
from cfconsole.ui.present.logs.window import LogWindow
from tests.ui.shop import entry


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.lists(st.integers(0, 200), max_size=60), st.data())
def test_late_rows_never_move_the_visible_ones(first: list[int], late: list[int], data: st.DataObject) -> None:
    buffer, window = LogBuffer(), LogWindow()
    buffer.add(entry(number, Severity.INFO, "x") for number in first)
    for steps in data.draw(st.lists(st.integers(-30, -1), min_size=1, max_size=3)):
        window.move(buffer, steps)
    top = buffer.key_at(window.visible(buffer, 10, lambda row: 1).start)
    cursor = window.cursor
    below = [number for number in late if not buffer.index_of(top) <= number]
    buffer.add(entry(number, Severity.INFO, "x") for number in below)
    assert window.cursor == cursor
    shown = window.visible(buffer, 10, lambda row: 1)
    assert shown.start <= window.cursor_index(buffer) < shown.stop


@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.integers(3, 12), st.data())
def test_the_cursor_row_is_in_sight_even_when_rows_wrap(sizes: list[int], height: int, data: st.DataObject) -> None:
    buffer, window = LogBuffer(), LogWindow()
    buffer.add(entry(at, Severity.INFO, "x" * size) for at, size in enumerate(sizes))
    for steps in data.draw(st.lists(st.integers(-9, 9), max_size=6)):
        window.move(buffer, steps)
        shown = window.visible(buffer, height, lambda row: len(getattr(row, "message", "x")))
        assert window.cursor_index(buffer) in shown
