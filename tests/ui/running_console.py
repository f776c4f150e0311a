"""The words in which stories of the screen are told: press, settle, read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.action import textual_key
from cfconsole.ui.app import ConsoleApp
from cfconsole.ui.settings import ScreenSettings
from tests.ui.scripted import HandClock, ScriptedSession
from tests.ui.shop import shop

SETTINGS = ScreenSettings(context="shop-prod", badge="PROD", colour="red", frame_s=0.0, open_place=lambda place: None)


class ConsoleDriver:
    """A running console in front of a scripted session."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], session: ScriptedSession, clock: HandClock) -> None:
        self.app = app
        self.pilot = pilot
        self.session = session
        self.clock = clock

    async def press(self, *keys: str) -> None:
        """Presses keys as people write them and waits until their effect is on the screen."""
        for key in keys:
            self.app.simulate_key(textual_key(key))
            await self.settle()

    async def type(self, text: str) -> None:
        for character in text:
            self.app.post_message(events.Key(textual_key(character), character))
        await self.settle()

    async def arrive(self, state: ConsoleState) -> None:
        self.session.arrive(state)
        await self.settle()

    async def wait(self, seconds: float) -> None:
        """Lets time pass on the test's clock and the screen take note of it."""
        self.clock.advance(seconds)
        self.app.main.tick()
        await self.settle()

    async def settle(self) -> None:
        """Until messages are handled, the screen is refreshed, and nothing on it changes any more."""
        before = None
        main = self.app.main
        # Panes hear of the cursor after the refresh that draws it.
        while (now := (self.app.screen, self.text)) != before or main.detail.key != main.services.cursor:
            before = now
            await self._refreshed()

    async def _refreshed(self) -> None:
        await self.pilot.pause(0)
        refreshed = asyncio.Event()
        self.app.screen.call_after_refresh(refreshed.set)
        await refreshed.wait()

    @property
    def lines(self) -> list[str]:
        """The screen as it is composed, top to bottom, open dialogs included."""
        width, height = self.app.size
        rows = [[" "] * width for _ in range(height)]
        for screen in self.app.screen_stack:
            for widget, geometry in screen._compositor.full_map.items():
                if not hasattr(widget, "_painted"):
                    continue
                region = geometry.visible_region if hasattr(geometry, "visible_region") else geometry.region
                for y in range(region.height):
                    text = Strip.join([widget.render_line(y)]).text
                    rows[region.y + y][region.x : region.right] = list(text[: region.width].ljust(region.width))
        return ["".join(row) for row in rows]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def line_of(self, words: str) -> str:
        """The only line that holds these words."""
        found = [line for line in self.lines if words in line]
        assert len(found) == 1, f"{len(found)} lines hold {words!r}:\n{self.text}"
        return found[0]


@asynccontextmanager
async def running_console(
    state: ConsoleState | None = None,
    size: tuple[int, int] = (120, 40),
    settings: ScreenSettings = SETTINGS,
    session: ScriptedSession | None = None,
) -> AsyncIterator[ConsoleDriver]:
    session = session or ScriptedSession(state or shop())
    clock = HandClock()
    app = ConsoleApp(session, settings, clock)
    async with app.run_test(size=size) as pilot:
        console = ConsoleDriver(app, pilot, session, clock)
        await console.settle()
        yield console
