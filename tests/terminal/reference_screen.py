"""A reference terminal (pyte) that compares the screen after raw frames with the one after their differences."""

from __future__ import annotations

from typing import NamedTuple

import pyte

from cfconsole.ui.terminal.frame_parser import FrameParser
from cfconsole.ui.terminal.pace import SendAllowance
from cfconsole.ui.terminal.painter import CellPlace, Painter

PLENTY = 1 << 30


class VisibleCell(NamedTuple):
    """The visible state of a cell; the right half of a wide character is an empty text."""

    text: str
    foreground: str = "default"
    background: str = "default"
    attributes: str = ""


class ReferenceScreen:
    """A screen that never wraps, as Textual sets the terminal."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)
        self._stream.feed("\x1b[?7l")

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    def cells(self) -> list[list[VisibleCell]]:
        return [self._row(y) for y in range(self.screen.lines)]

    def lines(self) -> list[str]:
        return ["".join(look.text for look in row).rstrip() for row in self.cells()]

    def _row(self, y: int) -> list[VisibleCell]:
        """Replaces a lone half of a wide character by a blank, as terminals do and pyte does not."""
        cells = [self.screen.buffer[y][x] for x in range(self.screen.columns)]
        looks: list[VisibleCell] = []
        paired = False
        for cell, following in zip(cells, [*cells[1:], None], strict=True):
            wide = bool(cell.data) and pyte.screens.wcwidth(cell.data[0]) == 2
            stub = following is not None and following.data == ""
            whole = paired if cell.data == "" else (stub or not wide)
            looks.append(_visible_cell(cell, cell.data if whole else " "))
            paired = wide and stub
        return looks


def _visible_cell(cell: pyte.screens.Char, text: str) -> VisibleCell:
    seen = {"u": cell.underscore, "s": cell.strikethrough, "r": cell.reverse, "k": cell.blink}
    marks = "".join(mark for mark, on in seen.items() if on)
    if text == " " and not marks:
        return VisibleCell(text, background=cell.bg)
    marks += "b" * cell.bold + "i" * cell.italics
    return VisibleCell(text, cell.fg, cell.bg, marks)


class FrameComparison:
    """Draws frames on one screen unchanged, and on another as the differences computed by the painter."""

    def __init__(self, width: int, height: int) -> None:
        self.raw_bytes = 0
        self.sent_bytes = 0
        self._parser = FrameParser(width, height)
        self._painter = Painter(width, height)
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.raw = ReferenceScreen(width, height)
        self.drawn = ReferenceScreen(width, height)
        self._parser.resize(width, height)
        self._painter.forget(width, height)

    def frame(self, data: str) -> None:
        """Adds a frame without drawing its difference yet."""
        self.raw.feed(data)
        self.raw_bytes += len(data.encode())
        self._parser.feed(data)
        self._painter.prefer(self._parser.written_rows)

    def draw(self, allowance: int = PLENTY) -> str:
        """Draws a part of the difference, at least one row. Returns the bytes sent."""
        return self._draw(allowance, 0, at_least_some=True)

    def draw_what_fits(self, allowance: int, for_answers: int = 0) -> str:
        """Draws a part while other bytes are in flight; it may be empty."""
        return self._draw(allowance, for_answers, at_least_some=False)

    def _draw(self, allowance: int, for_answers: int, *, at_least_some: bool) -> str:
        cursor = CellPlace(self._parser.x, self._parser.y)
        room = SendAllowance(allowance, max(allowance, for_answers))
        sent = self._painter.share(self._parser.grid, cursor, room, at_least_some=at_least_some)
        self.drawn.feed(sent)
        self.sent_bytes += len(sent.encode())
        return sent

    @property
    def pending(self) -> bool:
        return self._painter.pending

    def agrees(self) -> None:
        """Fails with the first row that differs."""
        for y, (expected, drawn) in enumerate(zip(self.raw.cells(), self.drawn.cells(), strict=True)):
            assert drawn == expected, f"row {y}: {_difference(expected, drawn)}"
        cursor, place = self.raw.screen.cursor, self.drawn.screen.cursor
        assert (place.x, place.y) == (cursor.x, cursor.y)


def _difference(expected: list[VisibleCell], drawn: list[VisibleCell]) -> str:
    places = [x for x, (left, right) in enumerate(zip(expected, drawn, strict=True)) if left != right]
    return f"columns {places}: expected {[expected[x] for x in places]}, drawn {[drawn[x] for x in places]}"
