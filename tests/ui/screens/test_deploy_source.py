"""The deploy dialog of a function: its source is checked while the screen goes on, and then its plan is shown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import Plan, Release, ReleaseState
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import plan_source
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.present.releases.command import command_lines
from cfconsole.ui.present.releases.progress import ProgressView
from tests.ui.actions.test_from_source import MAILER, SOURCE, at_mailer
from tests.ui.running_console import ConsoleDriver
from tests.ui.shop import ago, shop


async def _checked(console: ConsoleDriver, directory: str) -> None:
    await console.press("D", "enter")
    await console.type(directory)
    await console.press("enter", "D")
    await console.app.workers.wait_for_complete()
    await console.settle()


async def test_from_the_key_to_a_release() -> None:
    async with at_mailer() as console:
        await _checked(console, "~/mailer")
        assert console.session.packed == [(MAILER, "~/mailer")]
        assert "build without traffic" in console.text
        assert "built from /srv/mailer, 3 files" in console.text
        console.clock.advance(1)
        await console.press("y")
        assert console.session.released[0].plan.service == MAILER
        assert "built from source" not in console.text


async def test_variables_and_limits_go_with_the_source_and_values_are_in_no_plan() -> None:
    async with at_mailer() as console:
        await console.press("D", "enter")
        await console.type("~/mailer")
        await console.press("enter", "j", "j", "j", "j", "j", "j", "enter")
        await console.press(*["backspace"] * 8)
        await console.type("1Gi")
        await console.press("enter", "j", "enter")
        await console.type("API_TOKEN=s3cret-and-long")
        await console.press("enter", "D")
        await console.app.workers.wait_for_complete()
        await console.settle()
        assert "env API_TOKEN" in console.text
        assert "limit memory" in console.text
        assert "s3cret" not in console.text
        console.clock.advance(1)
        await console.press("y")
        [approval] = console.session.released
        assert "s3cret" not in str(approval)
        [(_, request)] = console.session.asked_anew
        assert isinstance(request, SourceRequest)
        assert request.options.limits == (("memory", "1Gi"),)
        assert console.session.values == (("API_TOKEN", "s3cret-and-long"),)


async def test_asks_for_a_directory_and_for_no_image() -> None:
    async with at_mailer() as console:
        await console.press("D")
        assert "a new revision, built from source" in console.text
        assert "tests          run   must pass before the upload" in console.text
        assert "canary" in console.line_of("strategy  ")
        assert "image" not in console.text
        await console.press("D")
        assert "Enter the source directory of the function first." in console.text
        assert console.session.packed == []


@pytest.mark.parametrize(
    ("undo", "at", "said"),
    [
        ((Target("mailer-00023", 100),), 2, "its revision gets no traffic"),
        ((), 2, "its revision serves as soon as it is ready"),
        ((Target("mailer-00023", 100),), 3, "the previous traffic is restored"),
    ],
)
def test_an_abort_says_what_becomes_of_a_build(undo: tuple[Target, ...], at: int, said: str) -> None:
    facts = PlanFacts(shop().services[MAILER], ())
    plan = plan_source(facts, DeployOptions(strategy=Strategy.CANARY), SOURCE)
    assert isinstance(plan, Plan)
    release = Release("r", replace(plan, undo=undo), "me", ago(minutes=1), ReleaseState.RUNNING)

    lines = command_lines(release, Command.ABORT, None, at, ProgressView(), 100)

    text = " ".join("".join(span.text for span in row).strip() for row in lines)
    assert said in text


async def test_what_is_wrong_with_the_source_is_shown_with_its_first_lines() -> None:
    trouble = SourceRefusal("its tests fail", ("test_main.py:3: AssertionError", "1 failed"))
    async with at_mailer(trouble) as console:
        await _checked(console, "mailer")
        assert "test_main.py:3: AssertionError" in console.text
        await console.press("esc")
        assert "Nothing was uploaded: its tests fail" in console.text
        await console.press("esc")
        assert console.session.released == []
