"""What an action is, and the one table in which keys, footer, help, palette and command line find it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

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
"""How people write a key, by the terminal library's name for it."""
_KEYS = {name: key for key, name in _NAMES.items()}


def _always(main: MainScreen) -> str:
    return ""


RELEASE = "release"


class Action(Struct, frozen=True):
    """Something an operator can do, with everything the screen says about it."""

    id: str
    keys: tuple[str, ...]
    """As people write them: `R`, `ctrl-r`, `?`. The first is the one that is shown."""
    label: str
    group: str
    description: str
    run: Callable[[MainScreen], None]
    why_not: Callable[[MainScreen], str] = _always
    """Why it can't be done now, empty if it can."""
    footer: bool = False
    footer_of: str = ""
    """The pane whose footer begins with it, or `RELEASE`: every footer does while a release is under way."""
    takes: Callable[[MainScreen, str], None] | None = None
    """Does it with what was typed after its name on the command line; `None` if it takes nothing."""

    @property
    def key(self) -> str:
        return self.keys[0] if self.keys else ""


class TypedCommand(Struct, frozen=True):
    """An action and what was typed after its name."""

    action: Action
    argument: str = ""

    def run(self, main: MainScreen) -> None:
        if self.action.takes:
            self.action.takes(main, self.argument)
        else:
            self.action.run(main)


class KeyConflict(Exception):
    """The wished keys can't be used; the text says which and why."""


class KeyTable:
    """The actions under the keys in force. Raises `KeyConflict` for unknown actions and keys given twice."""

    def __init__(self, actions: Iterable[Action], wishes: Mapping[str, str] | None = None) -> None:
        self.actions = _with_overrides(tuple(actions), wishes or {})
        self._by_id = {action.id: action for action in self.actions}
        self._by_key = _by_key(self.actions)

    def of_key(self, key: str) -> Action | None:
        """The action of a key by the terminal library's name."""
        return self._by_key.get(key)

    def of_id(self, name: str) -> Action | None:
        return self._by_id.get(name)

    def of_command(self, typed: str) -> TypedCommand | str:
        """What somebody typed after `:`; a sentence if there is no such action or more than one.

        An argument reaches from the first word after the name to the end, as it was typed.
        """
        name, _, argument = typed.strip().partition(" ")
        taking = self._named(name) if argument else None
        if isinstance(taking, Action) and taking.takes:
            return TypedCommand(taking, argument.strip())
        found = self._named(typed.strip())
        return TypedCommand(found) if isinstance(found, Action) else found

    def _named(self, typed: str) -> Action | str:
        wanted = typed.lower().replace(" ", "-")
        if wanted in self._by_id:
            return self._by_id[wanted]
        found = [action for action in self.actions if wanted and action.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            return f":{typed} could be {', '.join(action.id for action in found)}."
        near = difflib.get_close_matches(wanted, self._by_id, 1)
        hint = f" Did you mean :{near[0]}?" if near else " ctrl-p lists all commands."
        return f"There is no command :{typed}.{hint}"

    def groups(self) -> dict[str, list[Action]]:
        """Groups in the order of the table."""
        groups: dict[str, list[Action]] = {}
        for action in self.actions:
            groups.setdefault(action.group, []).append(action)
        return groups


def textual_key(written: str) -> str:
    """The terminal library's name of a key as people write it."""
    name = written if len(written) == 1 else written.lower().replace("ctrl-", "ctrl+").replace("shift-", "shift+")
    return _KEYS.get(name, name)


def _with_overrides(actions: tuple[Action, ...], wishes: Mapping[str, str]) -> tuple[Action, ...]:
    known = {action.id for action in actions}
    for name in wishes:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise KeyConflict(f"keys.{name}: there is no such action{f'; did you mean {near[0]}?' if near else '.'}")
    taken = set(wishes.values())
    changed = []
    for action in actions:
        kept = tuple(key for key in action.keys if key not in taken)
        changed.append(replace(action, keys=(wishes[action.id],) if action.id in wishes else kept))
    return tuple(changed)


def _by_key(actions: Iterable[Action]) -> dict[str, Action]:
    table: dict[str, Action] = {}
    for action in actions:
        for key in map(textual_key, action.keys):
            other = table.setdefault(key, action)
            if other is not action:
                raise KeyConflict(f"keys.{action.id}: {action.key} is the key of {other.id} too.")
    return table
