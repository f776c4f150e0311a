"""A widget of lines, which repaints only the rows that changed, and the colours behind the style names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

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


STYLES: dict[str, Style] = {
    "": Style(),
    "dim": Style(dim=True),
    "strong": Style(bold=True),
    "good": Style(color="green"),
    "warn": Style(color="yellow"),
    "bad": Style(color="red"),
    "bad-strong": Style(color="red", bold=True),
    "warn-strong": Style(color="yellow", bold=True),
    "good-strong": Style(color="green", bold=True),
    "accent": Style(color="cyan"),
    "accent-strong": Style(color="cyan", bold=True),
    "rule": Style(dim=True),
    "key": Style(color="cyan", bold=True),
    "name-1": Style(color="cyan"),
    "name-2": Style(color="magenta"),
    "name-3": Style(color="green"),
    "name-4": Style(color="bright_blue"),
    "name-5": Style(bold=True),
    "cursor": Style(reverse=True),
    "cursor-still": Style(bold=True, underline=True),
    "match": Style(color="black", bgcolor="yellow"),
    "banner": Style(color="black", bgcolor="yellow"),
    "alarm": Style(color="white", bgcolor="red", bold=True),
}

_BADGES = ("red", "yellow", "green", "blue", "magenta", "cyan")
for _colour in _BADGES:
    _ink = "white" if _colour in {"red", "blue", "magenta"} else "black"
    STYLES[f"badge-{_colour}"] = Style(color=_ink, bgcolor=_colour, bold=True)
    STYLES[f"frame-{_colour}"] = Style(color=_colour)


@cache
def style(name: str) -> Style:
    """Raises `KeyError` for an unknown name: a misspelt style is an error, not a default."""
    return STYLES[name]
