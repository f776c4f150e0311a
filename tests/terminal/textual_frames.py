"""An app of standard widgets, and a driver that records every frame Textual writes for it."""

from __future__ import annotations

import io
from typing import Any, ClassVar, NamedTuple

from rich.console import Console
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import ModalScreen
from textual.widgets import Button, DataTable, Input, Label, RichLog, Static


class RawFrame(NamedTuple):
    """The output of Textual up to one flush, with the size of the screen."""

    width: int
    height: int
    data: str


class FrameRecorder(HeadlessDriver):
    """A driver that Textual treats as a real terminal; it records whole frames."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.frames: list[RawFrame] = []
        self._parts: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self._parts.append(data)

    def flush(self) -> None:
        if self._parts and self._size:
            self.frames.append(RawFrame(*self._size, "".join(self._parts)))
        self._parts.clear()


class Question(ModalScreen[None]):
    """A dialog over wide characters."""

    DEFAULT_CSS = """
    Question { align: center middle; background: $background 60%; }
    Question Static { width: 33; height: 7; border: round $accent; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("f2", "app.pop_screen", "Close")]

    def compose(self) -> ComposeResult:
        yield Static("Roll back 注文 to 00041?\n\n  before  100 % → after  0 %")


class Gallery(App[None]):
    """A table, a log, an input, coloured text and emoji."""

    CSS = """
    #left { width: 45%; } DataTable { height: 10; border: solid green; }
    RichLog { height: 1fr; border: heavy $primary; }
    Static.bar { background: $boost; height: 2; } Input { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("f2", "ask", "Ask"), ("f4", "log", "Log")]

    def __init__(self, driver_class: type[Driver]) -> None:
        super().__init__(driver_class=driver_class)
        self.console = Console(color_system="truecolor", force_terminal=True, file=io.StringIO(), legacy_windows=False)

    def compose(self) -> ComposeResult:
        yield Static("[b]console[/b] 世界 😀 [red]2 alerts[/red] [reverse] PROD [/reverse]", classes="bar")
        with Horizontal():
            table: DataTable[str] = DataTable(id="left")
            yield table
            yield RichLog(wrap=False)
        yield Input("状態 ", placeholder="filter", select_on_focus=False)
        yield Label("▂▃▅▆▇ 漢字かな交じり文 ✔ ok")
        yield Button("Go")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("NAME", "SERVING", "状態")
        for number in range(40):
            table.add_row(f"orders-{number}", f"000{number}", "健全" if number % 3 else "🔥 sick")

    def action_ask(self) -> None:
        self.push_screen(Question())

    def action_log(self) -> None:
        log = self.screen.query_one(RichLog)
        for number in range(3):
            log.write(f"{len(log.lines) + number:04} GET /v1/注文 {'x' * (number * 7)} 200 OK 😀 done")
