"""The dialog of a plan. Nothing can be confirmed before a fresh read, nor by Enter, nor by keys typed ahead."""

from __future__ import annotations

from textual import events

from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.plan import Ask, plan_changes, plan_lines, plan_title, question
from cfconsole.ui.screens.overlay import Overlay
from cfconsole.ui.seam import Clock, Session
from cfconsole.ui.settings import ScreenSettings

_SCROLL = {"down": 1, "up": -1, "pagedown": 8, "pageup": -8}
_LETTERS = {"j": 1, "k": -1}


class PlanScreen(Overlay[Approval | Refusal | None]):
    """Ends with the session's Approval or Refusal, or with `None` if the operator cancelled."""

    size_wanted = (96, 0)

    def __init__(self, plan: Plan, session: Session, settings: ScreenSettings, clock: Clock) -> None:
        super().__init__()
        self.heading = plan_title(plan)
        self._plan = plan
        self._session = session
        self._settings = settings
        self._clock = clock
        self._ask = Ask(ready=False, name=self._to_type(plan))
        self._deaf_until = 0.0
        self._listen_later()

    def _to_type(self, plan: Plan) -> str:
        """What must be typed: a revision that failed outranks the service's own name."""
        if plan.must_name:
            return plan.must_name
        return plan.service.name if self._session.guard(plan) is GuardLevel.TYPE_NAME else ""

    def _listen_later(self) -> None:
        self._deaf_until = self._clock.monotonic() + self._settings.dialog_deaf_s

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read_fresh(), exclusive=True)

    async def _read_fresh(self) -> None:
        answer = await self._session.replan(self._plan)
        if isinstance(answer, Refusal):
            self._ask = self._ask._replace(trouble=answer.sentence)
        else:
            self._take(answer)
        if self.is_current:
            self.fit()

    def _take(self, fresh: Plan) -> None:
        changed = plan_changes(self._plan, fresh)
        if changed:
            self._listen_later()
        self._plan = fresh
        self._ask = Ask(ready=True, changed=changed, name=self._to_type(fresh))
        if not (changed or self._ask.name) and self._session.guard(fresh) is GuardLevel.NONE:
            self._confirm()

    def rows(self, width: int) -> list[Line]:
        return plan_lines(self._plan, width)

    def foot(self, width: int) -> list[Line]:
        return question(self._ask, width)

    def pressed(self, event: events.Key) -> None:
        if event.key == "escape":
            self.dismiss(None)
        elif steps := self._scrolls(event.key):
            self.box.scroll_by(steps)
        elif self._clock.monotonic() >= self._deaf_until:
            self._answered(event)

    def _scrolls(self, key: str) -> int:
        """How far a key scrolls; letters do so only where nothing is typed."""
        return _SCROLL.get(key, 0) or (0 if self._ask.name else _LETTERS.get(key, 0))

    def _answered(self, event: events.Key) -> None:
        ask = self._ask
        if ask.trouble:
            if event.key == "q":
                self.dismiss(None)
        elif not ask.ready:
            return
        elif ask.name:
            self._typed(event)
        elif event.key == "y":
            self._confirm()
        elif event.key in {"n", "q"}:
            self.dismiss(None)

    def _typed(self, event: events.Key) -> None:
        """The complete name confirms; Enter never does."""
        edited = self._ask.typed.pressed(event.key, event.character)
        if edited is None:
            return
        self._ask = self._ask._replace(typed=edited)
        if edited.text == self._ask.name:
            self._confirm()
        else:
            self.box.repaint()

    def on_paste(self, event: events.Paste) -> None:
        """A name has to be typed: pasting proves nothing."""
        event.stop()

    def _confirm(self) -> None:
        answer = self._session.approve(self._plan, typed=self._ask.typed.text)
        if isinstance(answer, Refusal):
            self._ask = self._ask._replace(trouble=answer.sentence, typed=LineEdit())
            self.fit()
        else:
            self.dismiss(answer)
