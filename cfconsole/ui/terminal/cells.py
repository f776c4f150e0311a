"""A grid of character cells. Wide characters own several cells; combining marks join the cell before them.

A cell is a character (with the marks that belong to it) and a style of `styles`. The cells that a wide character
covers to its right hold the empty string and the same style; no write leaves half of a wide character.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rich.cells import cell_len, get_character_cell_size

from cfconsole.ui.terminal.styles import DEFAULT, is_reversed, on_blank

BLANK: Final = " "

# Printable characters that take one cell in every terminal: Latin, Greek, Cyrillic, box drawing, braille.
_ONE_CELL: Final = re.compile(r"[ -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u2500-\u25fc\u2800-\u28ff]*")
_JOINER: Final = "\u200d"


class Cluster(NamedTuple):
    """A character with its combining marks, and the cells it covers (0 for marks alone)."""

    text: str
    width: int


@lru_cache(maxsize=4096)
def clusters(text: str) -> tuple[Cluster, ...]:
    """Splits `text` into clusters as Textual measures them; C1 controls, which a terminal might obey, are dropped."""
    found: list[str] = []
    for character in text:
        if "\x7f" <= character < "\xa0":
            continue
        joined = bool(found) and found[-1].endswith(_JOINER)
        if found and (joined or not get_character_cell_size(character)):
            found[-1] += character
        else:
            found.append(character)
    return tuple(Cluster(each, cell_len(each)) for each in found)


class Grid:
    """Rows of characters and styles, all of one width."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.chars: list[list[str]] = [[BLANK] * width for _ in range(height)]
        self.styles: list[list[str]] = [[DEFAULT] * width for _ in range(height)]

    def same_row(self, row: int, other: Grid, other_row: int) -> bool:
        """Whether a row shows what a row of another grid shows."""
        return self.chars[row] == other.chars[other_row] and self.styles[row] == other.styles[other_row]

    def reversed_cells(self, row: int) -> list[bool]:
        """Whether each cell of a row is drawn in reverse."""
        return [is_reversed(style) for style in self.styles[row]]

    def copy_row(self, row: int, source: Grid) -> None:
        """Copies a row from a grid of the same size."""
        self.chars[row] = source.chars[row].copy()
        self.styles[row] = source.styles[row].copy()

    def with_row_begun(self, row: int, before: Grid, end: int) -> Grid:
        """A copy of this grid in which a row still shows `before` from the character at `end` on."""
        while end < self.width and self.chars[row][end] == "":
            end += 1
        grid = Grid(self.width, 0)
        grid.height, grid.chars, grid.styles = self.height, self.chars.copy(), self.styles.copy()
        grid.copy_row(row, before)
        grid._put(row, 0, self.chars[row][:end], self.styles[row][:end])
        return grid

    def clear(self) -> None:
        """Makes every cell a default blank."""
        for row in range(self.height):
            self.erase(row, 0, self.width)

    def erase(self, row: int, start: int, end: int) -> None:
        """Makes the cells from `start` up to `end` default blanks."""
        start, end = max(start, 0), min(end, self.width)
        if end > start:
            self._put(row, start, [BLANK] * (end - start), [DEFAULT] * (end - start))

    def resized(self, width: int, height: int) -> Grid:
        """A grid of another size with as much of this one as fits."""
        grid = Grid(width, height)
        for row in range(min(height, self.height)):
            columns = min(width, self.width)
            while 0 < columns < self.width and self.chars[row][columns] == "":
                columns -= 1
            grid.chars[row][:columns] = self.chars[row][:columns]
            grid.styles[row][:columns] = self.styles[row][:columns]
        return grid

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Moves the rows from `top` up to `bottom` up by `lines` (down if negative); uncovered rows become blank."""
        count = min(abs(lines), bottom - top)
        blank_chars = [[BLANK] * self.width for _ in range(count)]
        blank_styles = [[DEFAULT] * self.width for _ in range(count)]
        chars, styles = self.chars[top:bottom], self.styles[top:bottom]
        if lines > 0:
            self.chars[top:bottom] = chars[count:] + blank_chars
            self.styles[top:bottom] = styles[count:] + blank_styles
        else:
            self.chars[top:bottom] = blank_chars + chars[: len(chars) - count]
            self.styles[top:bottom] = blank_styles + styles[: len(styles) - count]

    def write(self, row: int, column: int, text: str, style: str) -> int:
        """Writes text without control characters, cut at the right edge. Returns the column after it."""
        if not text.isascii() and _ONE_CELL.fullmatch(text) is None:
            return self._write_clusters(row, column, text, style)
        room = self.width - column
        if len(text) > room:
            text = text[: max(room, 0)]
        size = len(text)
        inked = len(text.rstrip(" "))
        styles = [style] * inked + [on_blank(style)] * (size - inked)
        self._put(row, column, list(text), styles)
        return column + size

    def _write_clusters(self, row: int, column: int, text: str, style: str) -> int:
        chars: list[str] = []
        for cluster, width in clusters(text):
            if not width:
                self._join(row, column, chars, cluster)
                continue
            if column + len(chars) + width > self.width:
                break
            chars += [cluster, *[""] * (width - 1)]
        self._put(row, column, chars, [style] * len(chars))
        return column + len(chars)

    def _join(self, row: int, column: int, chars: list[str], mark: str) -> None:
        """Adds a mark at the start of a text to the character before it; at the left edge there is none."""
        if chars:
            return
        lead = column - 1
        while lead > 0 and self.chars[row][lead] == "":
            lead -= 1
        if lead >= 0:
            self.chars[row][lead] += mark

    def _put(self, row: int, column: int, chars: list[str], styles: list[str]) -> None:
        if not chars:
            return
        line = self.chars[row]
        end = column + len(chars)
        if line[column] == "":
            self._blank_left(line, column)
        if end < self.width and line[end] == "":
            self._blank_right(line, end)
        line[column:end] = chars
        self.styles[row][column:end] = styles

    @staticmethod
    def _blank_left(line: list[str], column: int) -> None:
        """Blanks the part of a wide character to the left of `column`."""
        lead = column - 1
        while lead > 0 and line[lead] == "":
            line[lead] = BLANK
            lead -= 1
        line[lead] = BLANK

    @staticmethod
    def _blank_right(line: list[str], column: int) -> None:
        """Blanks the part of a wide character at `column` and to its right."""
        while column < len(line) and line[column] == "":
            line[column] = BLANK
            column += 1
