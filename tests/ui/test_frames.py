"""Rules and frames of panes that meet."""

from __future__ import annotations

from cfconsole.ui.present.cells import Span, plain, width_of
from cfconsole.ui.present.frame import PaneFrame, draw_frame, rule


def test_frames_join() -> None:
    top = rule(PaneFrame("├", "┤", joint=6), [Span("A")], [Span("B")], 14, "rule")
    assert plain(top) == "├ A ──┴── B ─┤"
    rows = draw_frame(PaneFrame("┬", "┐", meeting=2), top, [(Span("x"),)], 14, 4, "rule")
    assert [plain(row)[0] for row in rows[1:]] == ["│", "┤", "│"]
    assert all(width_of(row) == 14 for row in rows)
