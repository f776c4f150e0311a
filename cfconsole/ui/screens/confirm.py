"""What dialogs share that ask whether to do it: keys typed ahead are dropped, and `y` or a typed name confirms."""

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
    """Calls `confirmed` once the operator has done what `ask` wants; `left` if the operator would not."""

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
        """Drops keys for a moment: they were meant for what was there before."""
        self._ignores_keys_until = self._clock.monotonic() + self._settings.dialog_ignores_keys_s

    def press(self, event: events.Key) -> None:
        if event.key == "escape":
            self.cancel()
        elif steps := self._scrolls(event.key):
            self.box.scroll_by(steps)
        elif self._clock.monotonic() >= self._ignores_keys_until:
            self._answered(event)

    def _scrolls(self, key: str) -> int:
        """How far a key scrolls; letters do so only where nothing is typed."""
        return _SCROLL.get(key, 0) or (0 if self.ask.name else _LETTERS.get(key, 0))

    def _answered(self, event: events.Key) -> None:
        ask = self.ask
        if ask.error:
            if event.key == "q":
                self.cancel()
        elif not ask.ready:
            return
        elif ask.name:
            self._typed(event)
        elif event.key == "y":
            self.confirm()
        elif event.key in {"n", "q"}:
            self.cancel()

    def _typed(self, event: events.Key) -> None:
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
        """A name has to be typed: pasting proves nothing."""
        event.stop()
