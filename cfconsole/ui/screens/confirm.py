"""The base of dialogs that ask for confirmation, by `y` or a typed name. Keys typed ahead are dropped."""

from __future__ import annotations

from msgspec.structs import replace
from textual import events

from cfconsole.ui.present.releases.plan import ConfirmState
from cfconsole.ui.screens.overlay import Overlay, Result
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings

_SCROLL = {"down": 1, "up": -1, "pagedown": 8, "pageup": -8}
_LETTERS = {"j": 1, "k": -1}


class ConfirmScreen(Overlay[Result]):
    """Calls `confirm` or `cancel`, once."""

    preferred_size = (96, 0)

    def __init__(self, settings: ScreenSettings, clock: ClockReader, ask: ConfirmState) -> None:
        super().__init__()
        self.ask = ask
        self._settings = settings
        self._clock = clock
        self._ignores_keys_until = 0.0
        self.ignore_keys_briefly()

    def confirm(self) -> None:
        raise NotImplementedError

    def cancel(self) -> None:
        raise NotImplementedError

    def ignore_keys_briefly(self) -> None:
        """Drops keys for a moment, because they were meant for what was there before."""
        self._ignores_keys_until = self._clock.monotonic() + self._settings.dialog_ignores_keys_s

    def press(self, event: events.Key) -> None:
        if event.key == "escape":
            self.cancel()
        elif steps := self._scroll_steps(event.key):
            self.box.scroll_by(steps)
        elif self._clock.monotonic() >= self._ignores_keys_until:
            self._answer(event)

    def _scroll_steps(self, key: str) -> int:
        """How far a key scrolls; letters scroll only if no name is typed."""
        return _SCROLL.get(key, 0) or (0 if self.ask.name else _LETTERS.get(key, 0))

    def _answer(self, event: events.Key) -> None:
        ask = self.ask
        if ask.error:
            if event.key == "q":
                self.cancel()
        elif not ask.ready:
            return
        elif ask.name:
            self._type(event)
        elif event.key == "y":
            self.confirm()
        elif event.key in {"n", "q"}:
            self.cancel()

    def _type(self, event: events.Key) -> None:
        """The complete name confirms; Enter never does."""
        edited = self.ask.typed.press(event.key, event.character)
        if edited is None:
            return
        self.ask = replace(self.ask, typed=edited)
        if edited.text == self.ask.name:
            self.confirm()
        else:
            self.box.repaint()

    def on_paste(self, event: events.Paste) -> None:
        """A name has to be typed; pasting it proves nothing."""
        event.stop()
