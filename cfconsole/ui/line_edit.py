"""A line of text being typed, as a value: each key makes the next one."""

from __future__ import annotations

from typing import NamedTuple


class LineEdit(NamedTuple):
    text: str = ""
    cursor: int = 0

    def press(self, key: str, character: str | None) -> LineEdit | None:
        """The line after a key; `None` if the key edits nothing."""
        match key:
            case "backspace":
                return self._without(max(0, self.cursor - 1), self.cursor)
            case "delete":
                return self._without(self.cursor, self.cursor + 1)
            case "ctrl+u":
                return self._without(0, self.cursor)
            case "ctrl+w":
                return self._without(len(self.text[: self.cursor].rstrip().rpartition(" ")[0]), self.cursor)
            case "left" | "right":
                return self._at(self.cursor + (1 if key == "right" else -1))
            case "home" | "end":
                return self._at(0 if key == "home" else len(self.text))
        if character and character.isprintable():
            return self.inserted(character)
        return None

    def inserted(self, text: str) -> LineEdit:
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        return LineEdit(before + text + after, self.cursor + len(text))

    def _without(self, start: int, end: int) -> LineEdit:
        return LineEdit(self.text[:start] + self.text[end:], start)

    def _at(self, cursor: int) -> LineEdit:
        return LineEdit(self.text, min(max(cursor, 0), len(self.text)))
