"""A line that is typed."""

from __future__ import annotations

import pytest

from cfconsole.ui.line_edit import LineEdit


@pytest.mark.parametrize(
    ("key", "character", "after"),
    [
        ("x", "x", LineEdit("abx c", 3)),
        ("backspace", None, LineEdit("a c", 1)),
        ("delete", None, LineEdit("abc", 2)),
        ("ctrl+u", None, LineEdit(" c", 0)),
        ("ctrl+w", None, LineEdit(" c", 0)),
        ("left", None, LineEdit("ab c", 1)),
        ("end", None, LineEdit("ab c", 4)),
        ("f5", None, None),
        ("ctrl+x", "\x18", None),
    ],
    ids=["a letter", "backspace", "delete", "ctrl-u", "ctrl-w", "left", "end", "a function key", "another control"],
)
def test_line_editing(key: str, character: str | None, after: LineEdit | None) -> None:
    assert LineEdit("ab c", 2).press(key, character) == after
