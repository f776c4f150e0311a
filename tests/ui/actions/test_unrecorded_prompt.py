"""A rollback that the journal did not take: asked about, and done only once the word was typed."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from tests.ui.plans import deploy_plan
from tests.ui.releases import with_releases
from tests.ui.running_console import ConsoleDriver, running_console
from tests.ui.scripted import rollback_plan
from tests.ui.shop import ago, shop

TITLE = "Continue without a record?"
FULL = "nothing was changed: The disk is full"


def _failed() -> Release:
    return Release("r-1", rollback_plan(), "me", ago(seconds=2), ReleaseState.FAILED, ago(), FULL)


async def _rolled_back(console: ConsoleDriver, *, unkept: bool) -> None:
    """Approves the rollback, which then fails."""
    await console.press("R")
    console.clock.advance(1)
    await console.press("y")
    state = with_releases(shop(), _failed())
    await console.arrive(replace(state, unrecorded={"r-1": False} if unkept else {}))
    console.clock.advance(1)


async def test_the_typed_word_has_it_done_unrecorded() -> None:
    async with running_console() as console:
        await _rolled_back(console, unkept=True)
        assert TITLE in console.text
        assert "The disk is full" in console.line_of("journal")
        await console.type("unrecorded")
        assert console.session.went_unrecorded == [False, True]
        assert [approval.plan for approval in console.session.released] == [rollback_plan()] * 2
        assert TITLE not in console.text


async def test_no_other_key_has_it_done() -> None:
    async with running_console() as console:
        await _rolled_back(console, unkept=True)
        await console.press("y", "enter")
        assert TITLE in console.text
        await console.press("esc")
        assert console.session.went_unrecorded == [False]
        assert "Nothing was changed." in console.text


async def test_a_release_that_failed_otherwise_asks_nothing() -> None:
    async with running_console() as console:
        await _rolled_back(console, unkept=False)
        assert TITLE not in console.text


async def test_it_is_asked_once() -> None:
    async with running_console() as console:
        await _rolled_back(console, unkept=True)
        await console.press("esc")
        await console.arrive(console.session.state)
        assert TITLE not in console.text


async def test_anything_longer_is_not_asked_about() -> None:
    async with running_console() as console:
        console.session.plans[ReleaseKind.TO_LATEST] = deploy_plan()
        await console.press("L")
        console.clock.advance(1)
        await console.press("y")
        state = with_releases(shop(), replace(_failed(), plan=deploy_plan()))
        await console.arrive(replace(state, unrecorded={"r-1": False}))
        assert console.session.went_unrecorded == [False]
        assert TITLE not in console.text


async def test_what_went_on_outdates_what_was_refused() -> None:
    async with running_console() as console:
        moved = replace(_failed(), id="r-2", state=ReleaseState.SUCCEEDED, outcome="traffic moved")
        await console.arrive(with_releases(shop(), moved, _failed()))
        assert "traffic moved" in console.lines[-2]
