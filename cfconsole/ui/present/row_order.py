"""The order of rows, the cursor and the scroll position of a list whose rows change."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def hold_order(before: Sequence[Key], target: Sequence[Key]) -> tuple[Key, ...]:
    """The earlier order, without the keys that are gone and with new keys at the end."""
    known, present = set(before), set(target)
    return (*(key for key in before if key in present), *(key for key in target if key not in known))


def step_key(keys: Sequence[Key], cursor: Key | None, steps: int) -> Key | None:
    """The key `steps` further down, at most at an end; the first one if there is no cursor."""
    if not keys:
        return None
    at = keys.index(cursor) + steps if cursor in keys else 0
    return keys[min(max(at, 0), len(keys) - 1)]


def window_top(top: int, cursor: int, rows: int, total: int) -> int:
    """The first row to show: the cursor stays visible, and no room is left empty at the end."""
    top = max(min(top, cursor), cursor - rows + 1)
    return max(0, min(top, total - rows))
