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


async def _checked(desk: ConsoleDriver, directory: str) -> None:
    await desk.press("D", "enter")
    await desk.type(directory)
    await desk.press("enter", "D")
    await desk.app.workers.wait_for_complete()
    await desk.settle()


async def test_from_the_key_to_a_release() -> None:
    async with at_mailer() as desk:
        await _checked(desk, "~/mailer")
        assert desk.session.packed == [(MAILER, "~/mailer")]
        assert "build without traffic" in desk.text
        assert "built from /srv/mailer, 3 files" in desk.text
        desk.clock.advance(1)
        await desk.press("y")
        assert desk.session.released[0].plan.service == MAILER
        assert "built from source" not in desk.text


async def test_variables_and_limits_go_with_the_source_and_values_are_in_no_plan() -> None:
    async with at_mailer() as desk:
        await desk.press("D", "enter")
        await desk.type("~/mailer")
        await desk.press("enter", "j", "j", "j", "j", "j", "j", "enter")
        await desk.press(*["backspace"] * 8)
        await desk.type("1Gi")
        await desk.press("enter", "j", "enter")
        await desk.type("API_TOKEN=s3cret-and-long")
        await desk.press("enter", "D")
        await desk.app.workers.wait_for_complete()
        await desk.settle()
        assert "env API_TOKEN" in desk.text
        assert "limit memory" in desk.text
        assert "s3cret" not in desk.text
        desk.clock.advance(1)
        await desk.press("y")
        [approval] = desk.session.released
        assert "s3cret" not in str(approval)
        [(_, request)] = desk.session.asked_anew
        assert isinstance(request, SourceRequest)
        assert request.options.limits == (("memory", "1Gi"),)
        assert desk.session.values == (("API_TOKEN", "s3cret-and-long"),)


async def test_asks_for_a_directory_and_for_no_image() -> None:
    async with at_mailer() as desk:
        await desk.press("D")
        assert "a new revision, built from source" in desk.text
        assert "its tests      run them   they have to pass first" in desk.text
        assert "canary" in desk.line_of("strategy  ")
        assert "image" not in desk.text
        await desk.press("D")
        assert "Type the directory of the function's source first." in desk.text
        assert desk.session.packed == []


@pytest.mark.parametrize(
    ("undo", "at", "said"),
    [
        ((Target("mailer-00023", 100),), 2, "what it makes gets no traffic"),
        ((), 2, "what it makes serves as soon as it is ready"),
        ((Target("mailer-00023", 100),), 3, "what served before is put back"),
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
    async with at_mailer(trouble) as desk:
        await _checked(desk, "mailer")
        assert "test_main.py:3: AssertionError" in desk.text
        await desk.press("esc")
        assert "Nothing was uploaded: its tests fail" in desk.text
        await desk.press("esc")
        assert desk.session.released == []
