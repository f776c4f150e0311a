"""What can be done about an interrupted release: resume it, abort it, or leave it as it is."""

from __future__ import annotations

from textual import events

from cfconsole.domain.releases.model import Refusal, Release
from cfconsole.domain.releases.rollout.recovery import Recovery
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, left, line, wrap
from cfconsole.ui.present.releases.table import release_summary
from cfconsole.ui.screens.overlay import Overlay
from cfconsole.ui.session_port import SessionPort

_STEPS = {"down": 1, "j": 1, "tab": 1, "up": -1, "k": -1, "shift+tab": -1}
_LABELS = {Command.CONTINUE: "resume", Command.ABORT: "abort", Command.NONE: "leave"}


class RecoveryScreen(Overlay[Command | None]):
    """Ends with the chosen command, which is still to be confirmed."""

    heading = "A release was interrupted"
    preferred_size = (96, 0)

    def __init__(self, session: SessionPort, release: Release) -> None:
        super().__init__()
        self._session = session
        self._release = release
        self._answer: Recovery | Refusal | None = None
        self._at = 0

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read(), exclusive=True)

    async def _read(self) -> None:
        self._answer = await self._session.changes.recovery(self._release.id)
        ways = self._ways()
        self._at = next((number for number, (_, _, ok) in enumerate(ways) if ok), 0)
        if self.is_current:
            self.fit()

    def _ways(self) -> list[tuple[Command, str, bool]]:
        """Each command with what it would do, or why it is refused, and whether it is possible."""
        answer = self._answer
        if not isinstance(answer, Recovery):
            return []
        found = [(Command.CONTINUE, answer.resume), (Command.ABORT, answer.abort)]
        ways = [(command, way.sentence, not isinstance(way, Refusal)) for command, way in found]
        return [*ways, (Command.NONE, f"{answer.leave}; the release is closed as it stands", True)]

    def rows(self, width: int) -> list[Line]:
        key = self._release.plan.service
        summary = f"  {release_summary(self._release)}"
        head = line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"), summary)
        return [head, *self._outcome(width), BLANK, *self._body(width)]

    def _outcome(self, width: int) -> list[Line]:
        last = self._release.events[-1].sentence if self._release.events else ""
        text = self._release.outcome or last
        return [line(" ", Span(part, "dim")) for part in wrap(text, width - 2)] if text else []

    def _body(self, width: int) -> list[Line]:
        if self._answer is None:
            return [line(Span(" reading fresh data…", "dim"))]
        if isinstance(self._answer, Refusal):
            return [line(" ", Span(part, "bad-strong")) for part in wrap(self._answer.sentence, width - 2)]
        rows: list[Line] = []
        for number, (command, sentence, ok) in enumerate(self._ways()):
            mark = " ▸ " if number == self._at else "   "
            first, *more = wrap(sentence if ok else f"not possible: {sentence}", max(10, width - 13))
            label = Span(f"{left(_LABELS[command], 8)} ", "key" if ok else "dim")
            rows.append(line(Span(mark, "accent-strong"), label, Span(first, "" if ok else "dim")))
            rows += [line(" " * 12, Span(part, "" if ok else "dim")) for part in more]
        return rows

    def foot(self, width: int) -> list[Line]:
        return [BLANK, hints(("j k", "move"), ("enter", "choose"), ("esc", "not now"))]

    def press(self, event: events.Key) -> None:
        ways = self._ways()
        if event.key in ("escape", "q"):
            self.dismiss(None)
        elif event.key in _STEPS and ways:
            self._at = (self._at + _STEPS[event.key]) % len(ways)
            self.box.repaint()
        elif event.key == "enter" and ways and ways[self._at][2]:
            self.dismiss(ways[self._at][0])
