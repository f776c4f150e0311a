"""A widget of lines, which repaints only the rows that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from cfconsole.ui.colours import style
from cfconsole.ui.present.cells import Line, fit


class Lines(Widget, inherit_css=False):
    """Renders what `draw` returns through Textual's line API, without scrollbars, layout or children."""

    DEFAULT_CSS = "Lines { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._painted: list[Line] = []
        self._painted_for = Size()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The rows for this size; missing rows are blank."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draws again and refreshes the rows that changed; does nothing while hidden."""
        width, height = self.size
        if not (width and height and self.display):
            return
        rows = self._fitted(width, height)
        self._painted_for = self.size
        changed = [number for number, row in enumerate(rows) if not self._shows(number, row)]
        self._painted = rows
        if changed:
            self.refresh(*(Region(0, number, width, 1) for number in changed))

    def _fill(self) -> None:
        self._painted_for = self.size
        self._painted = self._fitted(*self.size) if all(self.size) else []

    def _shows(self, number: int, row: Line) -> bool:
        return number < len(self._painted) and self._painted[number] == row

    def _fitted(self, width: int, height: int) -> list[Line]:
        rows = list(self.draw(width, height))[:height]
        rows.extend([()] * (height - len(rows)))
        return [fit(row, width) for row in rows]

    def on_resize(self) -> None:
        if self._painted_for != self.size:
            self._fill()
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the widget, which has no border or tint to lay over them."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def render_line(self, y: int) -> Strip:
        # The first frame is rendered before the resize event arrives.
        if self._painted_for != self.size:
            self._fill()
        if y >= len(self._painted):
            return Strip.blank(self.size.width)
        return Strip([Segment(span.text, style(span.style)) for span in self._painted[y] if span.text])
