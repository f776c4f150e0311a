"""Where rows stand while people look at them: orders that hold still, cursors that stay, windows that scroll."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def hold_order(before: Sequence[Key], wanted: Sequence[Key]) -> tuple[Key, ...]:
    """The order from before, without what is gone and with what is new at the end."""
    known, present = set(before), set(wanted)
    return (*(key for key in before if key in present), *(key for key in wanted if key not in known))


def step_key(keys: Sequence[Key], cursor: Key | None, steps: int) -> Key | None:
    """The key `steps` further down, held at the ends; the first one where there is no cursor."""
    if not keys:
        return None
    at = keys.index(cursor) + steps if cursor in keys else 0
    return keys[min(max(at, 0), len(keys) - 1)]


def window_top(top: int, cursor: int, rows: int, total: int) -> int:
    """The first row to show so that the cursor is in sight and no room is wasted at the end."""
    top = max(min(top, cursor), cursor - rows + 1)
    return max(0, min(top, total - rows))
