"""Writes cells with the fewest bytes, from the current cursor and style of the terminal."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from cfconsole.ui.terminal.styles import DEFAULT, change, on_blank

_WIDTH_VARIES: Final = re.compile(r"[\U0001f000-\U0010ffff]")


class Brush:
    """Collects bytes for a terminal and follows its cursor and style; `None` is an unknown position or style."""

    def __init__(self, width: int, x: int | None = None, y: int | None = None, style: str | None = None) -> None:
        self.width = width
        self.x = x
        self.y = y
        self.style = style
        self.parts: list[str] = []

    def fresh(self) -> Brush:
        """A brush in the same state with nothing collected."""
        return Brush(self.width, self.x, self.y, self.style)

    def text(self) -> str:
        """Everything collected."""
        return "".join(self.parts)

    def raw(self, sequence: str) -> None:
        """Adds a sequence as it is; the caller knows what it does to the cursor."""
        self.parts.append(sequence)

    def move(self, x: int, y: int) -> None:
        """Moves the cursor to a position, counted from 0, by the shortest sequence."""
        if (x, y) != (self.x, self.y):
            self.parts.append(_move(self.x, self.y, x, y))
            self.x, self.y = x, y

    def put_style(self, style: str) -> None:
        """Switches to a style."""
        if style != self.style:
            self.parts.append(change(self.style, style))
            self.style = style

    def erase_to_end(self) -> None:
        """Makes the rest of the line default blanks; the cursor stays."""
        self.put_style(DEFAULT)
        self.parts.append("\x1b[K")

    def cells(self, column: int, chars: list[str], styles: list[str]) -> None:
        """Writes cells into the cursor's line from `column` on."""
        start = 0
        for style, group in groupby(styles):
            end = start + len(list(group))
            self._run(column + start, chars[start:end], style)
            start = end

    def _run(self, column: int, chars: list[str], style: str) -> None:
        self._move_to_column(column)
        text = "".join(chars)
        if not (text.isspace() and self.style is not None and on_blank(self.style) == style):
            self.put_style(style)
        if text.isascii() or (len(text) == len(chars) - chars.count("") and not _WIDTH_VARIES.search(text)):
            self.parts.append(text)
            self._set_column(column + len(chars))
        else:
            self._write_clusters(column, chars)

    def _write_clusters(self, column: int, chars: list[str]) -> None:
        """Writes characters whose width differs between terminals: each is followed by an explicit cursor position."""
        for index, cluster in enumerate(chars):
            if not cluster:
                continue
            self._move_to_column(column + index)
            self.parts.append(cluster)
            certain = cluster.isascii() or (len(cluster) == 1 and not _WIDTH_VARIES.search(cluster))
            width = 2 if chars[index + 1 : index + 2] == [""] else 1
            self._set_column(column + index + width if certain else None)

    def _move_to_column(self, column: int) -> None:
        if self.x != column and self.y is not None:
            self.move(column, self.y)

    def _set_column(self, column: int | None) -> None:
        """Sets the column; after the last one it is unknown, because terminals differ."""
        self.x = column if column is not None and column < self.width else None


def _move(old_x: int | None, old_y: int | None, x: int, y: int) -> str:
    row = str(y + 1) if y else ""
    sequences = [f"\x1b[{row};{x + 1}H" if x else f"\x1b[{row}H"]
    if old_y == y:
        sequences += ["\r" if x == 0 else f"\x1b[{x + 1}G"]
        if old_x is not None:
            sequences += ["\b" if old_x - x == 1 else _steps(x - old_x, "C", "D")]
    elif old_y is not None:
        if old_x == x:
            sequences.append(_steps(y - old_y, "B", "A"))
        if x == 0 and y == old_y + 1:
            sequences.append("\r\n")
    return min(sequences, key=len)


def _steps(distance: int, forward: str, backward: str) -> str:
    count = abs(distance)
    return f"\x1b[{count if count > 1 else ''}{forward if distance > 0 else backward}"
