"""Lines of cells: exactly of their width, visibly cut, and wrapped without losing text."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from cfconsole.ui.present.cells import Span, chunks, clip, fit, left, plain, right, spread, width_of, wrap

TEXTS = st.text("ab 漢é😀", max_size=30)


@given(TEXTS, st.integers(0, 20))
def test_cells_are_exact(text: str, width: int) -> None:
    assert cell_len(left(text, width)) == width
    assert cell_len(right(text, width)) == width
    assert cell_len(clip(text, width)) <= max(width, 0)


@given(st.lists(TEXTS, max_size=4), st.integers(1, 30))
@example(["aaaaaaaaaa", "", "a"], 10)
def test_lines_fit_exactly(texts: list[str], width: int) -> None:
    spans = [Span(text) for text in texts]
    assert width_of(fit(spans, width)) == width
    assert width_of(spread(spans, [Span("ab")], width)) == width


@given(TEXTS, st.integers(2, 12))
def test_pieces_fit_and_lose_nothing(text: str, width: int) -> None:
    pieces = chunks(text, width)
    assert "".join(pieces) == text
    assert all(cell_len(piece) <= width for piece in pieces)
    assert all(cell_len(row) <= width for row in wrap(text, width))


def test_a_cut_line_shows_that_it_is_cut() -> None:
    assert plain(fit([Span("orders"), Span("-api")], 8)) == "orders-…"
    assert plain(fit([Span("orders"), Span("-api")], 6)) == "order…"
