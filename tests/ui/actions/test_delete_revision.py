"""Deleting a revision from the screen: the one that a release could not keep, or one that was named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.session.state.console_state import ConsoleState
from tests.ui.going import under_way, with_releases
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


async def _command(desk: ConsoleDriver, text: str) -> None:
    await desk.press(":")
    await desk.type(text)
    await desk.press("enter")
    desk.clock.advance(1)


@pytest.mark.parametrize("way", [("X",), ("r", "X")])
async def test_the_revision_of_a_release_that_failed_is_deleted_once_that_is_confirmed(way: tuple[str, ...]) -> None:
    async with running_console(_rolled_back()) as desk:
        await desk.press(*way)
        desk.clock.advance(1)
        assert TITLE in desk.text
        assert "nothing brings it back" in desk.text
        await desk.press("enter")
        assert desk.session.deletions == []
        await desk.press("y")
        [deleted] = desk.session.deletions
        assert (deleted.kind, deleted.service, deleted.bad) == (ReleaseKind.DELETE, ORDERS, BAD)
        assert desk.session.approved == [(deleted, "")]
        assert "00040 is deleted." in desk.text


async def test_the_releases_pane_offers_it_for_those_alone() -> None:
    ended = Release("r-1", rollback_plan(), "me", ago(hours=1), ReleaseState.SUCCEEDED, ago(), "moved")
    state = _rolled_back()
    async with running_console(replace(state, releases=(*state.releases, ended))) as desk:
        await desk.press("r")
        assert "X delete its revision" in desk.text
        await desk.press("j")
        assert "X delete its revision" not in desk.text
        await desk.press("X")
        assert "has no new revision that it could not keep" in desk.text


async def test_a_guarded_context_wants_the_name() -> None:
    session = ScriptedSession(_rolled_back())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as desk:
        await desk.press("X")
        desk.clock.advance(1)
        await desk.press("y")
        assert session.deletions == []
        await desk.press("backspace")
        await desk.type("orders-api")
        assert len(session.deletions) == 1
        assert [typed for _, typed in session.approved] == ["orders-api"]


async def test_a_revision_can_be_named() -> None:
    async with running_console() as desk:
        await _command(desk, "delete-revision 00040")
        assert TITLE in desk.text
        await desk.press("esc")
        assert desk.session.deletions == []
        assert "Nothing was deleted." in desk.text


async def test_the_latest_is_never_asked_about() -> None:
    async with running_console(_rolled_back("orders-api-00042")) as desk:
        await desk.press("X")
        assert "00042 serves; move its traffic first" in desk.text


async def test_without_a_release_that_failed_one_has_to_be_named() -> None:
    async with running_console() as desk:
        await desk.press("X")
        assert ":delete-revision REVISION" in desk.text


async def test_what_came_between_and_what_the_cloud_says_is_shown() -> None:
    session = ScriptedSession(_rolled_back())
    session.refuse_deletion = Refusal(RefusalReason.INVALID, "00040 was not deleted: the permission is missing")
    async with running_console(session=session) as desk:
        await desk.press("X")
        desk.clock.advance(1)
        await desk.press("y")
        assert "the permission is missing" in desk.text

        await desk.press("X")
        desk.clock.advance(1)
        service = session.state.services[ORDERS]
        tagged = replace(service, desired=(*service.desired, Target(BAD, 0, "kept")))
        await desk.arrive(replace(session.state, services={**session.state.services, ORDERS: tagged}))
        await desk.press("y")
        assert "take the tag away first" in desk.text
        assert len(session.deletions) == 1


async def test_a_refused_approval_is_said_and_deletes_nothing() -> None:
    session = ScriptedSession(_rolled_back())
    session.refuse_approval = Refusal(RefusalReason.BUSY, "A release of orders-api is under way; wait until it ends")
    async with running_console(session=session) as desk:
        await desk.press("X")
        desk.clock.advance(1)
        await desk.press("y")
        assert "A release of orders-api is under way" in desk.text
        assert session.deletions == []


@pytest.mark.parametrize("way", [("X",), ("r", "X")])
async def test_a_console_that_may_only_look_asks_nothing(way: tuple[str, ...]) -> None:
    async with running_console(_rolled_back(), settings=replace(SETTINGS, read_only=True)) as desk:
        await desk.press(*way)
        if way[0] == "r":
            await desk.press("esc")
        assert "start it without --read-only to delete revisions" in desk.text
        assert TITLE not in desk.text


async def test_while_one_is_deleted_no_other_is_and_a_rollback_is_not_kept() -> None:
    state = _rolled_back()
    deletion = Release("r-2", replace(rollback_plan(), kind=ReleaseKind.DELETE), "me", ago(), ReleaseState.RUNNING)
    async with running_console(with_releases(state, deletion, *state.releases)) as desk:
        await desk.press("X")
        assert "A revision of orders-api is being deleted; wait until that is done." in desk.text
        await desk.press("R")
        assert "Roll back" in desk.text
