"""`:source DIR`: a function is checked, its plan shown, and built once that is confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.source.packages import PackedSource, SourceRefusal
from cfconsole.ui.actions.dialogs import parse_source
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.shop import ago, revision, shop

MAILER = ServiceKey("shop-prod", "us-central1", "mailer")
SOURCE = PackedSource(b"PK", "/srv/mailer", 3, 10, "5e" * 32, ("3 files compile", "tests: 4 passed"), ("a .env goes",))
CANARY = DeployOptions(strategy=Strategy.CANARY, bake_s=60)


@asynccontextmanager
async def at_mailer(source: PackedSource | SourceRefusal = SOURCE) -> AsyncIterator[ConsoleDriver]:
    """The cursor is on the only service, which is a function."""
    function = shop().services[MAILER]
    revisions = (revision(MAILER, 23, ago(days=21), "ci@shop"),)
    state = replace(shop(), services={MAILER: function}, revisions={MAILER: revisions})
    async with running_console(state, settings=replace(SETTINGS, deploy_options=lambda name: CANARY)) as console:
        console.session.source = source
        yield console


async def typed(console: ConsoleDriver, command: str) -> None:
    await console.press(":")
    await console.type(command)
    await console.press("enter")
    await console.app.workers.wait_for_complete()
    await console.settle()


async def test_from_the_command_to_a_release() -> None:
    async with at_mailer() as console:
        await typed(console, "source ~/my functions/mailer")

        assert console.session.packed == [(MAILER, "~/my functions/mailer")]
        assert "build without traffic" in console.text
        assert "built from /srv/mailer, 3 files" in console.text
        assert "a .env goes" in console.text
        assert "canary 5 %" in console.text
        console.clock.advance(1)
        await console.press("y")
        [approval] = console.session.released
        assert approval.plan.service == MAILER


async def test_the_strategy_may_be_said() -> None:
    async with at_mailer() as console:
        await typed(console, "source mailer blue-green")

        request = SourceRequest(replace(CANARY, strategy=Strategy.BLUE_GREEN), SOURCE)
        assert console.session.asked == console.session.asked_anew == [(MAILER, request)]


async def test_what_is_wrong_is_shown_with_its_lines() -> None:
    async with at_mailer(SourceRefusal("the tests fail (1 failed)", ("test_it", "E   assert 1 == 2"))) as console:
        await typed(console, "source mailer")

        assert "the tests fail (1 failed)." in console.text
        assert "E   assert 1 == 2" in console.text
        await console.press("esc")
        assert "Nothing was uploaded: the tests fail (1 failed)." in console.text
        assert console.session.released == []


async def test_a_sentence_alone_needs_no_dialog() -> None:
    async with at_mailer(SourceRefusal("there is no directory x")) as console:
        await typed(console, "source x")

        assert "Nothing was uploaded: there is no directory x." in console.text


async def test_it_says_how_it_is_typed() -> None:
    async with at_mailer() as console:
        await typed(console, "source")

        assert "Usage: :source DIR" in console.text
        assert console.session.packed == []


async def test_a_service_that_is_no_function_says_so() -> None:
    async with running_console() as console:
        await typed(console, "source x")

        assert "is not a function. Press D to deploy an image." in console.text


@pytest.mark.parametrize(
    ("text", "directory", "strategy"),
    [
        ("a", "a", None),
        (" a b ", "a b", None),
        ("a b canary", "a b", Strategy.CANARY),
        ("canary", "canary", None),
        ("", "", None),
    ],
)
def test_the_last_word_may_be_a_strategy(text: str, directory: str, strategy: Strategy | None) -> None:
    assert parse_source(text) == (directory, strategy)
