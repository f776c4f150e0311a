"""The last line: key hints, or the text being typed after `/` or `:`."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from textual import events

from cfconsole.ui.action import Action
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.lines import Lines
from cfconsole.ui.present.cells import Line, edit_line
from cfconsole.ui.present.help import footer_line


class PromptInput(Struct, frozen=True):
    prompt: str
    purpose: str
    edit: LineEdit


class PromptChange(Struct, frozen=True):
    """The text changed, or its input ended: entered or cancelled."""

    purpose: str
    text: str
    entered: bool = False
    cancelled: bool = False


class Prompt(Lines):
    """The line of the prompt. Keys and pastes return their change, so that its effect shows in the same frame."""

    DEFAULT_CSS = "Prompt { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.hints: tuple[tuple[Action[Any], str], ...] = ()
        self.covered = False
        """Whether a dialog is on top, which shows its own keys."""
        self._input: PromptInput | None = None
        self._entered: dict[str, str] = {}
        """The text entered last, by purpose."""

    @property
    def is_open(self) -> bool:
        return self._input is not None

    def ask(self, prompt: str, text: str, purpose: str) -> None:
        self._input = PromptInput(prompt, purpose, LineEdit(text, len(text)))
        self.repaint()

    def press(self, event: events.Key) -> PromptChange | None:
        if self._input is None:
            return None
        if event.key in {"enter", "escape"}:
            return self._finish(self._input, entered=event.key == "enter")
        if event.key == "up":
            last = self._entered.get(self._input.purpose, "")
            return self._change(self._input, LineEdit(last, len(last)) if last else None)
        if event.key == "backspace" and not self._input.edit.text:
            return self._finish(self._input, entered=False)
        return self._change(self._input, self._input.edit.press(event.key, event.character))

    def paste(self, text: str) -> PromptChange | None:
        if self._input is None:
            return None
        one_line = "".join(character for character in text if character.isprintable())
        return self._change(self._input, self._input.edit.inserted(one_line))

    def _change(self, current: PromptInput, edit: LineEdit | None) -> PromptChange | None:
        if edit is None:
            return None
        self._input = replace(current, edit=edit)
        self.repaint()
        return PromptChange(current.purpose, edit.text)

    def _finish(self, current: PromptInput, *, entered: bool) -> PromptChange:
        self._input = None
        if entered:
            self._entered[current.purpose] = current.edit.text
        self.repaint()
        return PromptChange(current.purpose, current.edit.text, entered=entered, cancelled=not entered)

    def draw(self, width: int, height: int) -> list[Line]:
        if self._input:
            return [edit_line(self._input.edit, f" {self._input.prompt}")]
        return [footer_line(self.hints, width)] if self.hints and not self.covered else []
