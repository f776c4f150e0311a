"""Actions that change what serves: each opens a plan, and only the dialog can have it carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError

if TYPE_CHECKING:
    from cfconsole.domain.release_kinds import ReleaseKind
    from cfconsole.domain.releases import Approval, Plan, Refusal
    from cfconsole.ui.main_screen import MainScreen


def starter(kind: ReleaseKind) -> Callable[[MainScreen], None]:
    """Plans from what is on screen and opens the dialog, or says why not."""

    def run(desk: MainScreen) -> None:
        answer = _plan(desk, kind)
        if answer:
            show_plan(desk, answer)

    return run


def obstacle(kind: ReleaseKind) -> Callable[[MainScreen], str]:
    def why(desk: MainScreen) -> str:
        answer = _plan(desk, kind)
        if answer is None:
            return "No service is selected."
        # What a plan is made of is loaded with the first service, behind the first frame.
        from cfconsole.domain.releases import Refusal

        return answer.sentence if isinstance(answer, Refusal) else ""

    return why


def _plan(desk: MainScreen, kind: ReleaseKind) -> Plan | Refusal | None:
    key = desk.services.cursor
    return desk.session.changes.plan(kind, key) if key else None


def show_plan(desk: MainScreen, answer: Plan | Refusal) -> None:
    """Opens the dialog of a plan, or says why there is none."""
    from cfconsole.domain.releases import Approval, Refusal
    from cfconsole.ui.screens.plan import PlanScreen

    def done(answer: Approval | Refusal | None) -> None:
        match answer:
            case Approval():
                carry_out(desk, answer)
            case Refusal():
                desk.say(answer.sentence)
            case None:
                desk.say("Nothing was changed.")

    if isinstance(answer, Refusal):
        desk.say(answer.sentence)
    else:
        desk.app.push_screen(PlanScreen(answer, desk.session, desk.settings, desk.clock), done)


def carry_out(desk: MainScreen, approval: Approval, values: tuple[tuple[str, str], ...] = ()) -> None:
    try:
        release_id = desk.session.changes.release(approval, values)
    except CloudError as error:
        desk.say(f"Nothing was changed: {error.sentence}")
        return
    desk.hush()
    from cfconsole.ui.going_unrecorded import offer_unrecorded

    offer_unrecorded(desk, approval, release_id)


def busy_or_unread(desk: MainScreen) -> str:
    """Why the service under the cursor can't be given anything new now."""
    key, state = desk.services.cursor, desk.session.state
    if key is None:
        return "No service is selected."
    if any(release.open and release.plan.service == key for release in state.releases):
        return f"A release of {key.name} is under way; wait until it ends, or abort it with A."
    return "" if state.revisions.get(key) else f"The revisions of {key.name} are not read yet."


def deploy(desk: MainScreen) -> None:
    from cfconsole.ui.asking import ask_deploy

    ask_deploy(desk)


def traffic(desk: MainScreen) -> None:
    from cfconsole.ui.asking import ask_traffic

    ask_traffic(desk)


def no_function(desk: MainScreen) -> str:
    """Why nothing can be built from source for the service under the cursor now."""
    why, key = busy_or_unread(desk), desk.services.cursor
    if why or key is None:
        return why
    return "" if desk.session.state.services[key].function else f"{key.name} is no function; deploy an image with D."


def source(desk: MainScreen, typed: str) -> None:
    from cfconsole.ui.sourcing import ask_source

    ask_source(desk, typed)


def restart(desk: MainScreen) -> None:
    key = desk.services.cursor
    if key is None:
        return
    wish = desk.settings.wish(key.name) if desk.settings.wish else None
    if wish:
        show_plan(desk, desk.session.changes.plan_restart(key, policy=wish.policy, bake_s=wish.bake_s))
    else:
        show_plan(desk, desk.session.changes.plan_restart(key))


def scale(desk: MainScreen, typed: str) -> None:
    """`MIN MAX`; `-` leaves a number as it is, and a maximum of 0 means none."""
    numbers = [None if word == "-" else word for word in typed.split()]
    key = desk.services.cursor
    if key is None or not 1 <= len(numbers) <= 2 or any(word and not _whole(word) for word in numbers):
        desk.say("Type :scale MIN MAX, such as :scale 1 20; - leaves a number as it is, and a maximum of 0 means none.")
        return
    minimum, maximum = (*(None if word is None else int(word) for word in numbers), None)[:2]
    show_plan(desk, desk.session.changes.plan_scale(key, minimum=minimum, maximum=maximum))


def _whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 6


def no_release(desk: MainScreen) -> str:
    under_way = any(release.ended_at is None for release in desk.session.state.releases)
    return "" if under_way else "No release is under way."


def releases(desk: MainScreen) -> None:
    from cfconsole.ui.steering import open_releases

    open_releases(desk)


def steer(name: str) -> Callable[[MainScreen], None]:
    """Does that to the release of the service under the cursor, or to the only one."""

    def run(desk: MainScreen) -> None:
        from cfconsole.ui.steering import steer_here

        steer_here(desk, name)

    return run


def delete_failed(desk: MainScreen) -> None:
    from cfconsole.ui.deleting import delete_failed

    delete_failed(desk)


def delete_revision(desk: MainScreen, typed: str) -> None:
    """The revision that was named, else the one that a release could not keep."""
    from cfconsole.ui.deleting import ask_to_delete, delete_failed

    if typed and desk.services.cursor:
        ask_to_delete(desk, desk.services.cursor, typed)
    else:
        delete_failed(desk)


def promote(desk: MainScreen, typed: str) -> None:
    from cfconsole.ui.steering import promote

    promote(desk, typed)
