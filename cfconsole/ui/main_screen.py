"""The main screen: which panes are visible, which one has the keys, and the lines around them."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.action import RELEASE, Action, KeyTable
from cfconsole.ui.panes.alerts import AlertsPane
from cfconsole.ui.panes.bars import Banner, Header, StatusRule, TooSmall
from cfconsole.ui.panes.detail import DetailPane
from cfconsole.ui.panes.logs import LogPane
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.panes.prompt import Prompt, PromptChange
from cfconsole.ui.panes.services import ServiceChosen, ServicesPane
from cfconsole.ui.present.frame import PaneHeights, arrangement, pane_frames, tabs
from cfconsole.ui.present.releases.progress import StepVerdicts
from cfconsole.ui.session_port import ClockReader, SessionPort
from cfconsole.ui.settings import ScreenSettings


class PaneGroup(Widget, inherit_css=False):
    """Panes side by side or one above the other; it shows nothing itself."""

    BLANK = True


class MainScreen(Screen[None], inherit_bindings=False, inherit_css=False):
    BLANK = True
    DEFAULT_CSS = """
    MainScreen { background: ansi_default; color: ansi_default; layout: vertical; overflow: hidden; }
    #upper { width: 1fr; height: 1fr; layout: horizontal; overflow: hidden; }
    #logs { height: 1fr; }
    #left { width: 1fr; height: 1fr; layout: vertical; overflow: hidden; }
    #detail { width: 1fr; }
    #services { height: 1fr; }
    #alerts { height: 6; }
    """

    def __init__(
        self, session: SessionPort, settings: ScreenSettings, clock: ClockReader, table: KeyTable[MainScreen]
    ) -> None:
        super().__init__()
        self.session = session
        self.settings = settings
        self.clock = clock
        self.table = table
        self.services = ServicesPane(settings, clock)
        self.detail = DetailPane(settings, clock)
        self.alerts = AlertsPane(settings, clock)
        self.logs = LogPane(settings, clock, session.logs)
        self.panes: tuple[Pane, ...] = (self.services, self.detail, self.alerts, self.logs)
        self.current: Pane = self.services
        self._bars = (
            Header(settings, clock, id="header"),
            Banner(settings, clock, id="banner"),
            StatusRule(settings, clock, id="status"),
            TooSmall(settings, clock, id="small"),
        )
        self.verdicts = StepVerdicts()
        self._prompt = Prompt()
        self._zoomed = False
        self._arranged_for = Size()

    def compose(self) -> ComposeResult:
        header, banner, status, small = self._bars
        yield small
        yield header
        yield banner
        with PaneGroup(id="upper"):
            with PaneGroup(id="left"):
                yield self.services
                yield self.alerts
            yield self.detail
        yield self.logs
        yield status
        yield self._prompt

    def on_mount(self) -> None:
        self.show(self.session.state)
        # Before the first layout, so that the first frame has everything in its place.
        self._arrange()
        if self.settings.no_project:
            self.call_after_refresh(self.perform, self.table.of_id("places"))

    def show(self, state: ConsoleState) -> None:
        """Passes the state to all panes; each repaints what changed for it."""
        self.verdicts.note(state.progress)
        for pane in self.panes:
            pane.show(state)
        for bar in self._bars:
            bar.show(state)
        self._refresh_hints()

    def tick(self) -> None:
        """Once a second: clocks and ages."""
        for pane in self.panes:
            pane.tick()
        for bar in self._bars:
            bar.repaint()

    def on_service_chosen(self, message: ServiceChosen) -> None:
        self.detail.choose(message.keys[0] if message.keys else None)
        self.session.select(message.keys)
        self._refresh_hints()

    async def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if not self.is_active:
            # The key before it opened a screen above this one, and this key is meant for that screen.
            self.app.screen.post_message(events.Key(event.key, event.character))
            return
        self.services.note_key()
        if self._prompt.is_open:
            self._handle_input(self._prompt.press(event))
            return
        self.perform(self.table.of_key(event.key))

    def on_paste(self, event: events.Paste) -> None:
        self._handle_input(self._prompt.paste(event.text))

    def perform(self, action: Action[MainScreen] | None) -> None:
        """Runs an action, or says why it can't be done now."""
        if action is None:
            return
        why = action.why_not(self)
        if why:
            self.say(why)
        else:
            action.run(self)

    def ask(self, prompt: str, text: str, purpose: str) -> None:
        self._prompt.ask(prompt, text, purpose)

    def _handle_input(self, change: PromptChange | None) -> None:
        if change is None:
            return
        if change.purpose == "pattern":
            self._narrow("" if change.cancelled else change.text)
        elif change.entered:
            self._run_command(change.text)

    def _narrow(self, typed: str) -> None:
        if self.current is self.logs:
            error = self.logs.narrow(typed)
            if error:
                self.say(error)
            else:
                self.clear_message()
        else:
            self.services.narrow(typed)

    def _run_command(self, typed: str) -> None:
        found = self.table.of_command(typed) if typed.strip() else ""
        if isinstance(found, str):
            self.say(found)
        elif why := found.action.why_not(self):
            self.say(why)
        else:
            found.run(self)

    def say(self, sentence: str) -> None:
        """Shows a sentence in the bottom rule for some seconds."""
        self.query_one(StatusRule).say(sentence, "accent-strong")

    def clear_message(self) -> None:
        self.query_one(StatusRule).clear_message()

    def back(self) -> bool:
        """Undoes the last filter, zoom or change of pane; false if there is nothing to undo."""
        if self.current is self.logs and self.logs.widen():
            return True
        if self.services.typed and self.current is self.services:
            self.services.narrow("")
        elif self._zoomed:
            self.zoom(False)
        elif self.current is not self.services:
            self.focus_pane("services")
        elif self.services.faults_only:
            self.services.toggle_faults()
        else:
            return False
        return True

    def focus_pane(self, name: str) -> None:
        self.current = next(pane for pane in self.panes if pane.id == name)
        self._refresh_hints()
        self._arrange()

    @property
    def zoomed(self) -> bool:
        """Whether one pane fills the screen."""
        return self._zoomed

    def zoom(self, whole: bool) -> None:
        self._zoomed = whole
        self._arrange()

    def on_screen_suspend(self) -> None:
        self._set_covered(True)

    def on_screen_resume(self) -> None:
        self._set_covered(False)

    def _set_covered(self, covered: bool) -> None:
        self._prompt.covered = covered
        self._prompt.repaint()

    def on_resize(self, event: events.Resize) -> None:
        if self.app.size != self._arranged_for:
            self._arrange()

    def _arrange(self) -> None:
        width, height = self._arranged_for = self.app.size
        name = self.current.id or ""
        visible, rows = arrangement(width, height, name, zoomed=self._zoomed)
        frames = pane_frames(rows, width)
        for pane in self.panes:
            pane.active = pane is self.current
            pane.display = pane.id in visible
            pane.frame = frames[pane.id or ""]
            pane.tabs = () if rows else tabs(name)
        for bar in (*self._bars, self._prompt):
            bar.display = isinstance(bar, TooSmall) is not bool(visible)
        self.session.logs.set_visible(self.logs.display)
        self._share(visible, rows)
        for lines in (*self.panes, *self._bars, self._prompt):
            lines.repaint()

    def _share(self, visible: frozenset[str], rows: PaneHeights | None) -> None:
        upper = self.query_one("#upper")
        upper.display = bool(visible - {"logs"})
        upper.styles.height = rows.upper if rows else "1fr"
        self.query_one("#left").display = not visible.isdisjoint({"services", "alerts"})
        self.alerts.styles.height = rows.alerts if rows else "1fr"

    def _refresh_hints(self) -> None:
        here = self.current.id
        begins = {here, RELEASE} if any(one.ended_at is None for one in self.session.state.releases) else {here}
        own = [action for action in self.table.actions if action.footer_of in begins]
        hinted = [*own, *(action for action in self.table.actions if action.footer)]
        self._prompt.hints = tuple((action, action.why_not(self)) for action in hinted)
        self._prompt.repaint()
