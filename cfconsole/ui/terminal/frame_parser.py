"""Parses what an application writes to a terminal: text, styles and cursor moves fill a grid, the rest is passed on."""

from __future__ import annotations

import re
from typing import Final

from cfconsole.ui.terminal.cells import Grid
from cfconsole.ui.terminal.styles import DEFAULT, after_sgr, with_link, without_colours

_TEXT: Final = r"[^\x00-\x1f\x7f]"
_TOKEN: Final = re.compile(
    rf"\x1b\[([0-9;:]*)([@-~])({_TEXT}*)"
    rf"|({_TEXT}+)"
    r"|\x1b\]8;([^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[PX^_](?:[^\x1b]|\x1b[^\\])*\x1b\\"
    r"|\x1b[ -/]*[0-~]|[\x00-\x1f\x7f])"
)

# Synchronized output: every frame is one write anyway, so querying it and marking frames would only cost bytes.
_DROPPED: Final = frozenset({"\x1b[?2026$p", "\x1b[?2026h", "\x1b[?2026l"})


class FrameParser:
    """The grid, the cursor and the style of a terminal that receives everything fed here.

    Positions count from 0. Text outside the grid is dropped; lines never wrap.
    """

    def __init__(self, width: int, height: int, *, colours: bool = True) -> None:
        """Without `colours` those of the text are dropped; attributes stay."""
        self._colours = colours
        self.grid = Grid(width, height)
        self.x = 0
        self.y = 0
        self.style = DEFAULT
        self.written_rows: set[int] = set()
        """The rows that the last `feed` wrote to, changed or not."""

    def resize(self, width: int, height: int) -> None:
        """Changes the size and keeps what fits."""
        self.grid = self.grid.resized(width, height)

    def feed(self, data: str) -> list[str]:
        """Parses whole sequences and text. Returns, in order, the sequences that are not for the grid."""
        passed: list[str] = []
        self.written_rows = set()
        for parameters, final, after, text, link, other in _TOKEN.findall(data):
            if final == "m":
                style = after_sgr(self.style, parameters)
                self.style = style if self._colours else without_colours(style)
            elif final == "H":
                self._place(parameters)
            elif final:
                self._control(parameters, final, passed)
            elif other:
                self._other(other, passed)
            elif not text:
                self._link(link)
            if after or text:
                self._text(after or text)
        return passed

    def _text(self, text: str) -> None:
        if self.y < self.grid.height:
            self.written_rows.add(self.y)
            self.x = self.grid.write(self.y, self.x, text, self.style)

    def _place(self, parameters: str) -> None:
        row, _, column = parameters.partition(";")
        self.y = max(int(row or 1), 1) - 1
        self.x = max(int(column or 1), 1) - 1

    def _link(self, target: str) -> None:
        _, _, address = target.partition(";")
        self.style = with_link(self.style, target if address else "")

    def _control(self, parameters: str, final: str, passed: list[str]) -> None:
        """The other control sequences without private marks; those that mean nothing to a grid are passed on."""
        count = max(int(parameters), 1) if parameters.isdecimal() else 1
        match final:
            case "A":
                self.y = max(self.y - count, 0)
            case "B":
                self.y = min(self.y + count, self.grid.height - 1)
            case "C":
                self.x = min(self.x + count, self.grid.width - 1)
            case "D":
                self.x = max(self.x - count, 0)
            case "G":
                self.x = count - 1
            case "K":
                self._erase_in_line(parameters)
            case "J":
                self._erase_in_display(parameters)
            case _:
                passed.append(f"\x1b[{parameters}{final}")

    def _erase_in_line(self, parameters: str) -> None:
        if self.y >= self.grid.height:
            return
        start = 0 if parameters in {"1", "2"} else self.x
        end = self.x + 1 if parameters == "1" else self.grid.width
        self.written_rows.add(self.y)
        self.grid.erase(self.y, start, end)

    def _erase_in_display(self, parameters: str) -> None:
        if parameters in {"", "0"}:
            self._erase_in_line("0")
            rows = range(self.y + 1, self.grid.height)
        elif parameters == "1":
            self._erase_in_line("1")
            rows = range(min(self.y, self.grid.height))
        else:
            rows = range(self.grid.height)
        for row in rows:
            self.written_rows.add(row)
            self.grid.erase(row, 0, self.grid.width)

    def _other(self, sequence: str, passed: list[str]) -> None:
        """Single controls, private sequences and strings."""
        match sequence:
            case "\n":
                self.y, self.x = min(self.y + 1, self.grid.height - 1), 0
            case "\r":
                self.x = 0
            case "\x07":
                passed.append(sequence)
            case _ if sequence[0] == "\x1b" and sequence not in _DROPPED:
                passed.append(sequence)
            case _:
                return
