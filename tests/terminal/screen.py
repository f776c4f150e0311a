"""A terminal's screen (pyte) that answers the queries of programs."""

from __future__ import annotations

from collections.abc import Callable

import pyte


class _AnsweringScreen(pyte.Screen):
    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, rows)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class TerminalScreen:
    """A screen fed with bytes; `answer` is called with the terminal's answers."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._screen = _AnsweringScreen(columns, rows, answer)
        self._stream = pyte.ByteStream(self._screen)
        self._text: str | None = None
        self.raw = bytearray()
        """The latest raw bytes, for what a screen does not store: modes, titles, the clipboard."""

    def feed(self, data: bytes) -> None:
        self.raw += data
        del self.raw[:-200_000]
        self._stream.feed(data)
        self._text = None

    def resize(self, rows: int, columns: int) -> None:
        self._screen.resize(rows, columns)
        self._text = None

    def text(self) -> str:
        if self._text is None:
            self._text = "\n".join(line.rstrip() for line in self._screen.display)
        return self._text
