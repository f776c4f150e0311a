"""Actions that change a service. Each opens a plan; only the plan dialog can have it carried out."""

from __future__ import annotations

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Refusal
from cfconsole.domain.releases.planning.request import (
    PlanRequest,
    RestartRequest,
    RollbackRequest,
    ScaleRequest,
    ToLatestRequest,
    UndoRequest,
)
from cfconsole.ui.actions.unrecorded_prompt import prompt_unrecorded
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.screens.plan import PlanScreen


def show_plan(screen: MainScreen, key: ServiceKey, request: PlanRequest) -> None:
    """Opens the dialog of the request's plan, or says why there is none."""

    def done(answer: Approval | Refusal | None) -> None:
        match answer:
            case Approval():
                begin_release(screen, answer, request)
            case Refusal():
                screen.say(answer.sentence)
            case None:
                screen.say("Nothing was changed.")

    plan = screen.session.changes.plan(key, request)
    if isinstance(plan, Refusal):
        screen.say(plan.sentence)
    else:
        screen.app.push_screen(PlanScreen(plan, request, screen.session, screen.settings, screen.clock), done)


def begin_release(screen: MainScreen, approval: Approval, request: PlanRequest) -> None:
    """Begins what was approved; if the journal can't record it, asks whether to continue without a record."""
    try:
        release_id = screen.session.changes.release(approval, request)
    except CloudError as error:
        screen.say(f"Nothing was changed: {error.sentence}")
        return
    screen.clear_message()
    prompt_unrecorded(screen, approval, request, release_id)


def roll_back(screen: MainScreen) -> None:
    _show_plan_here(screen, RollbackRequest())


def to_latest(screen: MainScreen) -> None:
    _show_plan_here(screen, ToLatestRequest())


def undo(screen: MainScreen) -> None:
    _show_plan_here(screen, UndoRequest())


def restart(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        return
    mark = f"{screen.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    options = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else None
    show_plan(screen, key, RestartRequest(mark, options.policy, options.bake_s) if options else RestartRequest(mark))


def scale(screen: MainScreen, typed: str) -> None:
    """`MIN MAX`; `-` keeps a value, and a maximum of 0 removes the limit."""
    numbers = [None if word == "-" else word for word in typed.split()]
    key = screen.services.cursor
    if key is None or not 1 <= len(numbers) <= 2 or any(word and not _is_number(word) for word in numbers):
        screen.say("Usage: :scale MIN MAX, such as :scale 1 20; - keeps a value, a maximum of 0 removes the limit.")
        return
    minimum, maximum = (*(None if word is None else int(word) for word in numbers), None)[:2]
    show_plan(screen, key, ScaleRequest(minimum, maximum))


def _show_plan_here(screen: MainScreen, request: PlanRequest) -> None:
    if screen.services.cursor:
        show_plan(screen, screen.services.cursor, request)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 6
