"""The App: its life, and the way of the state from the session to the screen. It draws nothing and decides nothing."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.message import Message
from textual.reactive import Reactive, var

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.action import KeyTable
from cfconsole.ui.actions.key_bindings import ACTIONS
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.session_port import ClockReader, SessionPort
from cfconsole.ui.settings import ScreenSettings

_AFTER_FIRST_FRAME = (
    "cfconsole.ui.actions.dialogs",
    "cfconsole.ui.screens.grouping",
    "cfconsole.ui.present.fleet.describe",
    "cfconsole.ui.present.fleet.detail",
    "cfconsole.ui.present.releases.status",
    "cfconsole.ui.screens.log_entry",
    "cfconsole.ui.screens.help",
    "cfconsole.ui.screens.palette",
    "cfconsole.ui.screens.plan",
    "cfconsole.ui.screens.text",
    "cfconsole.ui.actions.steer",
    "cfconsole.ui.present.releases.verdicts",
)
"""What only a key needs: loaded when the first frame is out, and before there is anything to press a key for."""


class StateArrived(Message):
    """A newer state; one that still waits in the queue is replaced, so that a slow screen never lags behind."""

    def __init__(self, state: ConsoleState) -> None:
        super().__init__()
        self.state = state

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StateArrived)


class ConsoleApp(App[None], inherit_css=False):
    """The console's screen over a session that encloses it.

    Raises `KeyConflict` if the keys of the settings can't be used. `exit()` ends it at any time, also from a signal
    handler of the loop; releases under way belong to the session and go on.
    """

    TITLE = "cfconsole"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "Quit", priority=True, show=False)]
    # Alone: the styles Textual has for widgets that are not here would take 3 ms of the first frame.
    DEFAULT_CSS = "ConsoleApp { background: ansi_default; color: ansi_default; }"

    theme: Reactive[str] = Reactive("ansi-dark")
    console_state: var[ConsoleState] = var(ConsoleState(), init=False)

    def __init__(
        self,
        session: SessionPort,
        settings: ScreenSettings,
        clock: ClockReader,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        # Widgets that every screen would get, to be laid out and styled although nothing shows in them.
        self._disable_tooltips = self._disable_notifications = True

        self._session = session
        self.main = MainScreen(session, settings, clock, KeyTable(ACTIONS, settings.keys))
        self._unsubscribe: Callable[[], None] | None = None

    def on_load(self) -> None:
        # `run_async` installs the eager factory where there is one and `run_test` does not; both shall behave alike.
        asyncio.get_running_loop().set_task_factory(None)

    def _fatal_error(self) -> None:
        """Ends with a sentence: Textual would print the values of all variables, secrets among them."""
        from rich.text import Text

        from cfconsole.ui.mistakes import crash_message

        assert self._exception is not None, "Textual keeps the error before it calls this"
        # Left to the terminal to wrap, a path can be copied.
        self.panic(Text(crash_message(self._exception, self.main.settings.save_text), no_wrap=True, overflow="ignore"))

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_ready(self, event: events.Ready) -> None:
        """The first frame is out: begins to read."""
        self._unsubscribe = self._session.subscribe(self._arrived)
        self.set_interval(1.0, self.main.tick)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        for name in _AFTER_FIRST_FRAME:
            importlib.import_module(name)
        self._session.start()

    def _arrived(self, state: ConsoleState) -> None:
        self.post_message(StateArrived(state))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self._session.note_key()
        await super().on_event(event)

    def on_state_arrived(self, message: StateArrived) -> None:
        self.console_state = message.state

    def watch_console_state(self, before: ConsoleState, state: ConsoleState) -> None:
        self.main.show(state)
        if before.releases is not state.releases or before.progress is not state.progress:
            from cfconsole.ui.present.releases.status import should_ring

            if should_ring(before, state):
                self.bell()

    def on_unmount(self) -> None:
        if self._unsubscribe:
            self._unsubscribe()
