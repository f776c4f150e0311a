"""The dialog of a plan. It can be confirmed only after a fresh read, and never by Enter or keys typed ahead."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Approval, Plan, Refusal
from cfconsole.domain.releases.planning.request import PlanRequest, pinned
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.releases.plan import ConfirmState, plan_changes, plan_lines, plan_title, question_lines
from cfconsole.ui.screens.confirm import ConfirmScreen
from cfconsole.ui.session_port import ClockReader, SessionPort
from cfconsole.ui.settings import ScreenSettings


class PlanScreen(ConfirmScreen[Approval | Refusal | None]):
    """Ends with the session's Approval or Refusal, or with `None` if the operator cancelled."""

    def __init__(
        self, plan: Plan, request: PlanRequest, session: SessionPort, settings: ScreenSettings, clock: ClockReader
    ) -> None:
        """`request` is what the plan answers; it is planned again from a fresh read."""
        self._session = session
        self._request = pinned(request, plan)
        super().__init__(settings, clock, ConfirmState(ready=False, name=self._name_to_type(plan)))
        self.heading = plan_title(plan)
        self._plan = plan

    def _name_to_type(self, plan: Plan) -> str:
        """The name that must be typed: that of a failed revision comes before the service's own."""
        if plan.must_name:
            return plan.must_name
        return plan.service.name if self._session.changes.guard(plan) is GuardLevel.TYPE_NAME else ""

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._read_fresh(), exclusive=True)

    async def _read_fresh(self) -> None:
        answer = await self._session.changes.replan(self._plan.service, self._request)
        if isinstance(answer, Refusal):
            self.ask = replace(self.ask, error=answer.sentence)
        else:
            self._take(answer)
        if self.is_current:
            self.fit()

    def _take(self, fresh: Plan) -> None:
        changed = plan_changes(self._plan, fresh)
        if changed:
            self.ignore_keys_briefly()
        self._plan = fresh
        self.ask = ConfirmState(ready=True, changed=changed, name=self._name_to_type(fresh))
        if not (changed or self.ask.name) and self._session.changes.guard(fresh) is GuardLevel.NONE:
            self.confirm()

    def rows(self, width: int) -> list[Line]:
        return plan_lines(self._plan, width)

    def foot(self, width: int) -> list[Line]:
        return question_lines(self.ask, width)

    def cancel(self) -> None:
        self.dismiss(None)

    def confirm(self) -> None:
        answer = self._session.changes.approve(self._plan, typed=self.ask.typed.text)
        if isinstance(answer, Refusal):
            self.ask = replace(self.ask, error=answer.sentence, typed=LineEdit())
            self.fit()
        else:
            self.dismiss(answer)
