"""The footer, the help screen and the palette, made from the action table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from cfconsole.ui.action import Action, ScreenT
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, fit, left, line, wrap

_COLUMN = 56
_KEYS = 12


def footer_line(actions: Sequence[tuple[Action[Any], str]], width: int) -> Line:
    """As many keys as fit; what can't be done now is dim. The last ones, help and quit, always fit."""
    hints = [_hint(action, bool(why)) for action, why in actions]
    *others, first, second = hints
    room = width - sum(cell_len(span.text) for span in (*first, *second)) - 1
    row: list[Span] = []
    for hint in others:
        room -= sum(cell_len(span.text) for span in hint)
        if room < 0:
            break
        row += hint
    return (Span(" "), *row, *first, *second)


def _hint(action: Action[Any], disabled: bool) -> Line:
    return (Span(action.key, "dim" if disabled else "key"), Span(f" {action.label}  ", "dim" if disabled else ""))


def help_lines(groups: Mapping[str, Sequence[tuple[Action[Any], str]]], width: int) -> list[Line]:
    """All actions by group; in two columns where there is room. Why an action can't be done stands beside it."""
    column = width // 2 if width >= 2 * _COLUMN else width
    blocks = [_block(name, actions, column) for name, actions in groups.items()]
    if column == width:
        return [row for block in blocks for row in (*block, BLANK)]
    columns: tuple[list[Line], list[Line]] = ([], [])
    for block in sorted(blocks, key=len, reverse=True):
        shorter = min(columns, key=len)
        shorter += [*block, BLANK]
    height = max(map(len, columns))
    pairs = ([*rows, *[BLANK] * (height - len(rows))] for rows in columns)
    return [(*fit(one, column), *other) for one, other in zip(*pairs, strict=True)]


def _block(name: str, actions: Sequence[tuple[Action[Any], str]], width: int) -> list[Line]:
    entries = (row for action, why in actions for row in _entry(action, why, width))
    return [line(Span(f" {name}", "accent-strong")), *entries]


def _entry(action: Action[Any], why: str, width: int) -> list[Line]:
    keys = left(" ".join(action.keys[:2]) or f":{action.id}", _KEYS)
    text, style = (f"{action.label}: {words.reason(why)}", "dim") if why else (action.description, "")
    first, *more = wrap(text, width - _KEYS - 3)
    head = line(Span(f"  {keys}", "dim" if why else "key"), Span(first, style))
    return [head, *(line(" " * (_KEYS + 2), Span(part, style)) for part in more)]


def palette_row(action: Action[Any], why: str) -> Line:
    text = f" {left(action.id, 16)} {left(action.key, 9)} "
    if why:
        return line(Span(f"{text}{words.reason(why)}", "dim"))
    return line(Span(f" {left(action.id, 16)} "), Span(f"{left(action.key, 9)} ", "key"), action.description)


def matching(actions: Sequence[Action[ScreenT]], typed: str) -> tuple[Action[ScreenT], ...]:
    """Actions whose words hold the letters in order; those that hold them together come first."""
    query = typed.lower().strip()
    found = [(action, rank) for action in actions if (rank := _rank(action, query)) is not None]
    return tuple(action for action, rank in sorted(found, key=lambda pair: pair[1]))


def _rank(action: Action[Any], query: str) -> int | None:
    text = f"{action.id} {action.label} {action.description}".lower()
    if text.startswith(query):
        return 0
    if query in action.id or query in action.label.lower():
        return 1
    if query in text:
        return 2
    letters = iter(f"{action.id} {action.label}".lower())
    return 3 if all(letter in letters for letter in query) else None
