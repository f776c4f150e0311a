"""Why an action is not available now, as far as that is known without a plan; an empty string where it is."""

from __future__ import annotations

from cfconsole.session.settings import why_read_only
from cfconsole.ui.main_screen import MainScreen

NO_SERVICE = "No service is selected."


def why_no_service(screen: MainScreen) -> str:
    return "" if screen.services.cursor else NO_SERVICE


def why_no_change(screen: MainScreen, purpose: str = "change traffic") -> str:
    """Why the selected service can't be changed."""
    key = screen.services.cursor
    if key is None:
        return NO_SERVICE
    if screen.settings.read_only:
        return why_read_only(purpose)
    if any(release.exclusive and release.plan.service == key for release in screen.session.state.releases):
        return f"A release of {key.name} is under way; wait for it to end, or press A to abort it."
    return ""


def why_no_plan(screen: MainScreen, purpose: str = "change traffic") -> str:
    """Why there can be no plan that rests on the revisions of the selected service."""
    reason, key = why_no_change(screen, purpose), screen.services.cursor
    if reason or key is None:
        return reason
    return "" if screen.session.state.revisions.get(key) else f"The revisions of {key.name} have not been read yet."


def why_no_build(screen: MainScreen) -> str:
    """Why nothing can be built from source for the selected service."""
    reason, key = why_no_plan(screen), screen.services.cursor
    if reason or key is None:
        return reason
    if screen.session.state.services[key].function:
        return ""
    return f"{key.name} is not a function. Press D to deploy an image."


def why_no_deletion(screen: MainScreen) -> str:
    """Why no revision of the selected service can be deleted."""
    reason, key = why_no_plan(screen, "delete revisions"), screen.services.cursor
    if reason or key is None:
        return reason
    deleting = any(release.open and release.plan.service == key for release in screen.session.state.releases)
    return f"A revision of {key.name} is being deleted; wait until that is done." if deleting else ""


def why_no_release(screen: MainScreen) -> str:
    under_way = any(release.ended_at is None for release in screen.session.state.releases)
    return "" if under_way else "No release is under way."


def why_no_other_place(screen: MainScreen) -> str:
    if screen.settings.open_place:
        return ""
    return 'The demo has only one project. Start cfconsole without "demo" to switch projects.'
