"""Actions that change what serves: each opens a plan, and only the dialog can have it carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cfconsole.domain.releases import Approval, Plan, Refusal, ReleaseKind

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


def starter(kind: ReleaseKind) -> Callable[[MainScreen], None]:
    """Plans from what is on screen and opens the dialog, or says why not."""

    def run(desk: MainScreen) -> None:
        from cfconsole.ui.screens.plan import PlanScreen

        answer = _plan(desk, kind)
        if isinstance(answer, Plan):
            desk.app.push_screen(PlanScreen(answer, desk.session, desk.settings, desk.clock), _carry_out(desk))
        elif answer:
            desk.say(answer.sentence)

    return run


def obstacle(kind: ReleaseKind) -> Callable[[MainScreen], str]:
    def why(desk: MainScreen) -> str:
        answer = _plan(desk, kind)
        if answer is None:
            return "No service is selected."
        return answer.sentence if isinstance(answer, Refusal) else ""

    return why


def _plan(desk: MainScreen, kind: ReleaseKind) -> Plan | Refusal | None:
    key = desk.services.cursor
    return desk.session.plan(kind, key) if key else None


def _carry_out(desk: MainScreen) -> Callable[[Approval | Refusal | None], None]:
    def done(answer: Approval | Refusal | None) -> None:
        match answer:
            case Approval():
                desk.session.release(answer)
                desk.hush()
            case Refusal():
                desk.say(answer.sentence)
            case None:
                desk.say("Nothing was changed.")

    return done
