"""What is read of the build of a function, and which lines of one that failed are reported."""

from __future__ import annotations

from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.steps import Phase, StepKind, Write
from cfconsole.domain.source.function_builds import BuildState
from cfconsole.session.releases.evidence.build_observer import MAX_ERROR_LINES, BuildObserver
from tests.session.releases.source_builds import BuildingCloud, source_plan
from tests.session.scripted_release_ports import ScriptedFunctions


class ScriptedBuild(ScriptedFunctions):
    """A build that is as far as `state` says."""

    state = BuildState(False)

    async def build_state(self, operation: str) -> BuildState:
        return self.state


async def test_the_last_lines_of_a_failed_build_are_reported_once_however_often_it_is_read() -> None:
    fake, reported = BuildingCloud(), list[str]()
    plan = source_plan(fake)
    step = next(number for number, step in enumerate(plan.steps) if step.kind is StepKind.BUILD)
    settled = new_rollout(plan, fake.clock.now()).with_progress(step=step, phase=Phase.WRITE)
    building = settled.with_progress(write=Write((), plan.generation, fake.clock.now(), operation="op"))
    lines = tuple(f"line {number}" for number in range(MAX_ERROR_LINES + 1))
    functions = ScriptedBuild(fake)

    async def report(line: str) -> None:
        reported.append(line)

    observer = BuildObserver(functions, report)
    assert not await observer.refresh(building)
    for _ in range(2):
        functions.state = BuildState(True, error="The build failed", error_lines=lines)
        assert await observer.refresh(building)
        assert not await observer.refresh(building), "it is done already"
        assert not await observer.refresh(settled)
    assert reported == [f"  {line}" for line in lines[1:]]
