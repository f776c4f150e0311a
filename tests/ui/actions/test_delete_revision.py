"""Deleting a revision from the screen: the one that a release could not keep, or one that was named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.session.state.console_state import ConsoleState
from tests.ui.releases import under_way, with_releases
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession, rollback_plan
from tests.ui.shop import ORDERS, ago, shop

BAD = "orders-api-00040"
TITLE = "┌ Delete revision 00040 ─"


def _rolled_back(revision: str = BAD) -> ConsoleState:
    ended = replace(
        under_way(),
        state=ReleaseState.ROLLED_BACK,
        ended_at=ago(seconds=3),
        outcome="it was unhealthy",
        candidate=revision,
    )
    return with_releases(shop(), ended)


async def _command(console: ConsoleDriver, text: str) -> None:
    await console.press(":")
    await console.type(text)
    await console.press("enter")
    console.clock.advance(1)


@pytest.mark.parametrize("way", [("X",), ("r", "X")])
async def test_the_revision_of_a_release_that_failed_is_deleted_once_that_is_confirmed(way: tuple[str, ...]) -> None:
    async with running_console(_rolled_back()) as console:
        await console.press(*way)
        console.clock.advance(1)
        assert TITLE in console.text
        assert "this can't be undone" in console.text
        await console.press("enter")
        assert console.session.deletions == []
        await console.press("y")
        [deleted] = console.session.deletions
        assert (deleted.kind, deleted.service, deleted.bad) == (ReleaseKind.DELETE, ORDERS, BAD)
        assert console.session.approved == [(deleted, "")]
        assert "Deleted 00040." in console.text


async def test_the_releases_pane_offers_it_for_those_alone() -> None:
    ended = Release("r-1", rollback_plan(), "me", ago(hours=1), ReleaseState.SUCCEEDED, ago(), "moved")
    state = _rolled_back()
    async with running_console(replace(state, releases=(*state.releases, ended))) as console:
        await console.press("r")
        assert "X delete its revision" in console.text
        await console.press("j")
        assert "X delete its revision" not in console.text
        await console.press("X")
        assert "This release has no failed revision." in console.text


async def test_a_guarded_context_wants_the_name() -> None:
    session = ScriptedSession(_rolled_back())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as console:
        await console.press("X")
        console.clock.advance(1)
        await console.press("y")
        assert session.deletions == []
        await console.press("backspace")
        await console.type("orders-api")
        assert len(session.deletions) == 1
        assert [typed for _, typed in session.approved] == ["orders-api"]


async def test_a_revision_can_be_named() -> None:
    async with running_console() as console:
        await _command(console, "delete-revision 00040")
        assert TITLE in console.text
        await console.press("esc")
        assert console.session.deletions == []
        assert "Nothing was deleted." in console.text


async def test_the_latest_is_never_asked_about() -> None:
    async with running_console(_rolled_back("orders-api-00042")) as console:
        await console.press("X")
        assert "00042 serves; move its traffic first" in console.text


async def test_without_a_release_that_failed_one_has_to_be_named() -> None:
    async with running_console() as console:
        await console.press("X")
        assert ":delete-revision REVISION" in console.text


async def test_what_came_between_and_what_the_cloud_says_is_shown() -> None:
    session = ScriptedSession(_rolled_back())
    session.refuse_deletion = Refusal(RefusalReason.INVALID, "00040 was not deleted: the permission is missing")
    async with running_console(session=session) as console:
        await console.press("X")
        console.clock.advance(1)
        await console.press("y")
        assert "the permission is missing" in console.text

        await console.press("X")
        console.clock.advance(1)
        service = session.state.services[ORDERS]
        tagged = replace(service, desired=(*service.desired, Target(BAD, 0, "kept")))
        await console.arrive(replace(session.state, services={**session.state.services, ORDERS: tagged}))
        await console.press("y")
        assert "remove the tag first" in console.text
        assert len(session.deletions) == 1


async def test_a_refused_approval_is_said_and_deletes_nothing() -> None:
    session = ScriptedSession(_rolled_back())
    session.refuse_approval = Refusal(RefusalReason.BUSY, "A release of orders-api is under way; wait until it ends")
    async with running_console(session=session) as console:
        await console.press("X")
        console.clock.advance(1)
        await console.press("y")
        assert "A release of orders-api is under way" in console.text
        assert session.deletions == []


@pytest.mark.parametrize("way", [("X",), ("r", "X")])
async def test_a_console_that_may_only_look_asks_nothing(way: tuple[str, ...]) -> None:
    async with running_console(_rolled_back(), settings=replace(SETTINGS, read_only=True)) as console:
        await console.press(*way)
        if way[0] == "r":
            await console.press("esc")
        assert "start it without --read-only to delete revisions" in console.text
        assert TITLE not in console.text


async def test_while_one_is_deleted_no_other_is_and_a_rollback_is_not_kept() -> None:
    state = _rolled_back()
    deletion = Release("r-2", replace(rollback_plan(), kind=ReleaseKind.DELETE), "me", ago(), ReleaseState.RUNNING)
    async with running_console(with_releases(state, deletion, *state.releases)) as console:
        await console.press("X")
        assert "A revision of orders-api is being deleted; wait until that is done." in console.text
        await console.press("R")
        assert "Roll back" in console.text
