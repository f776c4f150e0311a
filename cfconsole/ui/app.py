"""The Textual app: starts, stops, and passes each new session state to the screen."""

from __future__ import annotations

import asyncio
import importlib
import traceback
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

AFTER_FIRST_FRAME = (
    "cfconsole.ui.actions.change",
    "cfconsole.ui.actions.delete_revision",
    "cfconsole.ui.actions.dialogs",
    "cfconsole.ui.actions.overlays",
    "cfconsole.ui.actions.steer",
    "cfconsole.ui.present.fleet.detail",
    "cfconsole.ui.present.releases.status",
    "cfconsole.domain.logs.export",
)
"""Modules that keys and releases need, loaded right after the first frame and before the session starts."""


NOTHING_LOST = "Releases under way continue; `cfconsole releases` shows them"


class StateArrived(Message):
    """A new session state. It replaces one still in the queue, so a slow screen never lags behind."""

    def __init__(self, state: ConsoleState) -> None:
        super().__init__()
        self.state = state

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StateArrived)


class ConsoleApp(App[None], inherit_css=False):
    """The console on top of a session, which outlives it.

    Raises `KeyConflict` if the configured keys can't be used. `exit()` ends it at any time, also from a signal
    handler of the loop; releases under way belong to the session and continue.
    """

    TITLE = "cfconsole"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "Quit", priority=True, show=False)]
    # Replaces the styles of Textual's own widgets, which would take 3 ms of the first frame.
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
        # Every screen would get these widgets, laid out and styled although they show nothing.
        self._disable_tooltips = self._disable_notifications = True

        self._session = session
        self.main = MainScreen(session, settings, clock, KeyTable(ACTIONS, settings.keys))
        self._unsubscribe: Callable[[], None] | None = None

    def on_load(self) -> None:
        # `run_async` installs the eager task factory and `run_test` does not; without it both behave alike.
        asyncio.get_running_loop().set_task_factory(None)

    def _fatal_error(self) -> None:
        """Ends with one sentence; Textual would print the values of all variables, secrets among them."""
        from rich.text import Text

        assert self._exception is not None, "Textual keeps the error before it calls this"
        # Wrapped by the terminal itself, a path can still be copied.
        self.panic(Text(crash_message(self._exception, self.main.settings.save_text), no_wrap=True, overflow="ignore"))

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_ready(self, event: events.Ready) -> None:
        """The first frame is out: starts reading."""
        self._unsubscribe = self._session.subscribe(self._arrived)
        self.set_interval(1.0, self.main.tick)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        for name in AFTER_FIRST_FRAME:
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


def crash_message(error: BaseException, save: Callable[[str, str], str] | None) -> str:
    """What is printed when the console crashes. `save` keeps the traceback, without the values of variables."""
    from cfconsole.domain.text import clean_line

    what = clean_line(f"{type(error).__name__}: {error}".removesuffix(": "))
    advice = _save_traceback("".join(traceback.format_exception(error)), save)
    return f"cfconsole crashed with an internal error ({what}). {NOTHING_LOST}. {advice}"


def _save_traceback(text: str, save: Callable[[str, str], str] | None) -> str:
    if save is None:
        return "Restart cfconsole."
    try:
        return f"Please report it; the traceback is in {save('mistake', text)}."
    except OSError as error:
        return f"The traceback could not be saved ({error.strerror}). Restart cfconsole."
