"""Actions and their key table, from which keys, footer, help, palette and command line are made."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

ScreenT = TypeVar("ScreenT")
"""The screen that actions act on."""

_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "exclamation_mark": "!",
    "plus": "+",
    "underscore": "_",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "at": "@",
    "equals_sign": "=",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "ampersand": "&",
    "asterisk": "*",
    "percent_sign": "%",
    "number_sign": "#",
    "semicolon": ";",
}
"""Keys as people write them, by their names in Textual."""
_KEYS = {name: key for key, name in _NAMES.items()}


def _always(screen: object) -> str:
    return ""


RELEASE = "release"


class Action(Struct, Generic[ScreenT], frozen=True):
    """Something an operator can do, with its keys and the texts about it."""

    id: str
    keys: tuple[str, ...]
    """As people write them: `R`, `ctrl-r`, `?`. The first one is shown."""
    label: str
    group: str
    description: str
    run: Callable[[ScreenT], None]
    why_not: Callable[[ScreenT], str] = _always
    """Returns why it can't be done now, or an empty string."""
    footer: bool = False
    footer_of: str = ""
    """The pane whose footer begins with it; `RELEASE` means every pane while a release is under way."""
    takes: Callable[[ScreenT, str], None] | None = None
    """Runs it with the text typed after its name on the command line; `None` if it takes no argument."""

    @property
    def key(self) -> str:
        return self.keys[0] if self.keys else ""


class TypedCommand(Struct, Generic[ScreenT], frozen=True):
    """An action with the argument typed after its name."""

    action: Action[ScreenT]
    argument: str = ""

    def run(self, screen: ScreenT) -> None:
        if self.action.takes:
            self.action.takes(screen, self.argument)
        else:
            self.action.run(screen)


class KeyConflict(Exception):
    """The configured keys can't be used; the message says which and why."""


class KeyTable(Generic[ScreenT]):
    """The actions under their configured keys. Raises `KeyConflict` for unknown actions and keys given twice."""

    def __init__(self, actions: Iterable[Action[ScreenT]], overrides: Mapping[str, str] | None = None) -> None:
        self.actions = _with_overrides(tuple(actions), overrides or {})
        self._by_id = {action.id: action for action in self.actions}
        self._by_key = _by_key(self.actions)

    def of_key(self, key: str) -> Action[ScreenT] | None:
        """The action of a key by its name in Textual."""
        return self._by_key.get(key)

    def of_id(self, name: str) -> Action[ScreenT] | None:
        return self._by_id.get(name)

    def of_command(self, typed: str) -> TypedCommand[ScreenT] | str:
        """The action named after `:`, or a sentence if there is none or more than one.

        The argument is everything after the name, as it was typed.
        """
        name, _, argument = typed.strip().partition(" ")
        taking = self._named(name) if argument else None
        if isinstance(taking, Action) and taking.takes:
            return TypedCommand(taking, argument.strip())
        found = self._named(typed.strip())
        return TypedCommand(found) if isinstance(found, Action) else found

    def _named(self, typed: str) -> Action[ScreenT] | str:
        name = typed.lower().replace(" ", "-")
        if name in self._by_id:
            return self._by_id[name]
        found = [action for action in self.actions if name and action.id.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            return f":{typed} could be {', '.join(action.id for action in found)}."
        near = difflib.get_close_matches(name, self._by_id, 1)
        hint = f" Did you mean :{near[0]}?" if near else " ctrl-p lists all commands."
        return f"Unknown command :{typed}.{hint}"

    def groups(self) -> dict[str, list[Action[ScreenT]]]:
        """The actions by group, in the order of the table."""
        groups: dict[str, list[Action[ScreenT]]] = {}
        for action in self.actions:
            groups.setdefault(action.group, []).append(action)
        return groups


def textual_key(written: str) -> str:
    """The name in Textual of a key as people write it."""
    name = written if len(written) == 1 else written.lower().replace("ctrl-", "ctrl+").replace("shift-", "shift+")
    return _KEYS.get(name, name)


def _with_overrides(actions: tuple[Action[ScreenT], ...], overrides: Mapping[str, str]) -> tuple[Action[ScreenT], ...]:
    known = {action.id for action in actions}
    for name in overrides:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise KeyConflict(f"keys.{name}: unknown action{f'; did you mean {near[0]}?' if near else '.'}")
    taken = set(overrides.values())
    changed = []
    for action in actions:
        remaining = tuple(key for key in action.keys if key not in taken)
        changed.append(replace(action, keys=(overrides[action.id],) if action.id in overrides else remaining))
    return tuple(changed)


def _by_key(actions: Iterable[Action[ScreenT]]) -> dict[str, Action[ScreenT]]:
    table: dict[str, Action[ScreenT]] = {}
    for action in actions:
        for key in map(textual_key, action.keys):
            other = table.setdefault(key, action)
            if other is not action:
                raise KeyConflict(f"keys.{action.id}: {action.key} is already the key of {other.id}.")
    return table
