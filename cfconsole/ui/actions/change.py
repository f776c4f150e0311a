"""Actions that change what serves: each opens a plan, and only the dialog can have it carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.request import PlanRequest, RestartRequest, ScaleRequest
from cfconsole.session.settings import why_read_only

if TYPE_CHECKING:
    from cfconsole.domain.releases.model import Approval, Refusal
    from cfconsole.ui.main_screen import MainScreen


def plan_action(request: PlanRequest) -> Callable[[MainScreen], None]:
    """Shows the plan of that request for the service under the cursor, or says why there is none."""

    def run(screen: MainScreen) -> None:
        key = screen.services.cursor
        if key:
            show_plan(screen, key, request)

    return run


def show_plan(screen: MainScreen, key: ServiceKey, request: PlanRequest) -> None:
    """Opens the dialog of the request's plan, or says why there is none."""
    from cfconsole.domain.releases.model import Approval, Refusal
    from cfconsole.ui.screens.plan import PlanScreen

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
    try:
        release_id = screen.session.changes.release(approval, request)
    except CloudError as error:
        screen.say(f"Nothing was changed: {error.sentence}")
        return
    screen.clear_message()
    from cfconsole.ui.actions.unrecorded_prompt import prompt_unrecorded

    prompt_unrecorded(screen, approval, request, release_id)


def blocked(screen: MainScreen, purpose: str = "change traffic") -> str:
    """Why nothing can be changed at the service under the cursor now, as far as that is known without a plan."""
    key = screen.services.cursor
    if key is None:
        return "No service is selected."
    if screen.settings.read_only:
        return why_read_only(purpose)
    if any(release.exclusive and release.plan.service == key for release in screen.session.state.releases):
        return f"A release of {key.name} is under way; wait until it ends, or abort it with A."
    return ""


def blocked_or_unread(screen: MainScreen, purpose: str = "change traffic") -> str:
    """Why there can be no plan now that rests on the revisions of the service under the cursor."""
    why, key = blocked(screen, purpose), screen.services.cursor
    if why or key is None:
        return why
    return "" if screen.session.state.revisions.get(key) else f"The revisions of {key.name} are not read yet."


def deploy(screen: MainScreen) -> None:
    from cfconsole.ui.actions.dialogs import open_deploy_form

    open_deploy_form(screen)


def traffic(screen: MainScreen) -> None:
    from cfconsole.ui.actions.dialogs import open_traffic_form

    open_traffic_form(screen)


def why_not_buildable(screen: MainScreen) -> str:
    """Why nothing can be built from source for the service under the cursor now."""
    why, key = blocked_or_unread(screen), screen.services.cursor
    if why or key is None:
        return why
    return "" if screen.session.state.services[key].function else f"{key.name} is no function; deploy an image with D."


def source(screen: MainScreen, typed: str) -> None:
    from cfconsole.ui.actions.from_source import deploy_from_source

    deploy_from_source(screen, typed)


def restart(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        return
    mark = f"{screen.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    wish = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else None
    show_plan(screen, key, RestartRequest(mark, wish.policy, wish.bake_s) if wish else RestartRequest(mark))


def scale(screen: MainScreen, typed: str) -> None:
    """`MIN MAX`; `-` leaves a number as it is, and a maximum of 0 means none."""
    numbers = [None if word == "-" else word for word in typed.split()]
    key = screen.services.cursor
    if key is None or not 1 <= len(numbers) <= 2 or any(word and not _whole(word) for word in numbers):
        screen.say(
            "Type :scale MIN MAX, such as :scale 1 20; - leaves a number as it is, and a maximum of 0 means none."
        )
        return
    minimum, maximum = (*(None if word is None else int(word) for word in numbers), None)[:2]
    show_plan(screen, key, ScaleRequest(minimum, maximum))


def _whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 6


def why_no_release(screen: MainScreen) -> str:
    under_way = any(release.ended_at is None for release in screen.session.state.releases)
    return "" if under_way else "No release is under way."


def releases(screen: MainScreen) -> None:
    from cfconsole.ui.actions.steer import open_releases

    open_releases(screen)


def steer(name: str) -> Callable[[MainScreen], None]:
    """Does that to the release of the service under the cursor, or to the only one."""

    def run(screen: MainScreen) -> None:
        from cfconsole.ui.actions.steer import command_release_here

        command_release_here(screen, name)

    return run


def undeletable(screen: MainScreen) -> str:
    """Why no revision of the service under the cursor can be deleted now."""
    why, key = blocked_or_unread(screen, "delete revisions"), screen.services.cursor
    if why or key is None:
        return why
    deleting = any(release.open and release.plan.service == key for release in screen.session.state.releases)
    return f"A revision of {key.name} is being deleted; wait until that is done." if deleting else ""


def delete_failed(screen: MainScreen) -> None:
    from cfconsole.ui.actions.delete_revision import delete_failed

    delete_failed(screen)


def delete_revision(screen: MainScreen, typed: str) -> None:
    """The revision that was named, else the one that a release could not keep."""
    from cfconsole.ui.actions.delete_revision import confirm_deletion, delete_failed

    if typed and screen.services.cursor:
        confirm_deletion(screen, screen.services.cursor, typed)
    else:
        delete_failed(screen)


def promote(screen: MainScreen, typed: str) -> None:
    from cfconsole.ui.actions.steer import promote

    promote(screen, typed)
