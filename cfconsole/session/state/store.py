"""The store of the current state, which notifies its listeners of each change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cfconsole.session.state.console_state import ConsoleState

if TYPE_CHECKING:
    from cfconsole.session.state.updates import Update

Listener = Callable[[ConsoleState], None]


class StateStore:
    """The current state; `post` is the only way it changes."""

    def __init__(self) -> None:
        self.state = ConsoleState()
        self._listeners: list[Listener] = []

    def post(self, update: Update) -> None:
        # Loading it takes 7 ms with the releases it merges, which the first frame of a cold start does without.
        from cfconsole.session.state.reducer import reduce

        before = self.state
        self.state = reduce(before, update)
        if self.state is not before:
            for listener in tuple(self._listeners):
                listener(self.state)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` on the loop with every new state, until the returned function is called."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe
