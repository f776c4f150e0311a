"""A terminal's screen as pyte keeps it, answering what programs ask of a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pyte


class TerminalScreen:
    """Takes bytes, shows text; `answer` gets what the terminal says back."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._screen.write_process_input = answer
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        """The last bytes as they came, for what a screen does not keep: modes, titles, the clipboard."""

    def feed(self, data: bytes) -> None:
        self.raw += data
        del self.raw[:-200_000]
        self._stream.feed(data)

    def resize(self, rows: int, columns: int) -> None:
        self._screen.resize(rows, columns)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)
