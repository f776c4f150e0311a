"""Observes the build of a function by its operation, or by the function itself if no answer named an operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.rollout.values import Rollout
from cfconsole.domain.releases.steps import StepKind
from cfconsole.domain.source.function_builds import BuildState
from cfconsole.session.ports import FunctionsPort

MAX_ERROR_LINES = 20
"""The most lines of a failed build that are recorded; its log has the rest."""


class BuildObserver:
    """The build of one release. `report` gets each line of a failed build, once."""

    def __init__(
        self, functions: FunctionsPort, report: Callable[[str], Awaitable[None]], *, creates: bool = False
    ) -> None:
        self._functions = functions
        self._report = report
        self.creates = creates
        """Whether the function may not exist yet."""
        self._reported = False
        self.state: BuildState | None = None
        """As last read; `None` if it could not be read or nothing is being built."""
        self.error = ""

    async def refresh(self, rollout: Rollout) -> bool:
        """Reads the build unless it is done. Returns whether it has ended since the last read."""
        self.error = ""
        if not builds_function(rollout):
            self.state = None
            return False
        if self.state and self.state.done:
            return False
        await self._read(rollout)
        return self.state is not None and self.state.done

    async def _read(self, rollout: Rollout) -> None:
        try:
            self.state = await self._fetch(rollout)
        except CloudError as error:
            self.state, self.error = None, error.sentence
            return
        if self.state and self.state.error and not self._reported:
            self._reported = True
            for line in self.state.error_lines[-MAX_ERROR_LINES:]:
                await self._report(f"  {line}")

    async def _fetch(self, rollout: Rollout) -> BuildState:
        plan, write = rollout.plan, rollout.progress.write
        assert write is not None, "only a write under way is looked at"
        if write.operation:
            return await self._functions.build_state(write.operation)
        assert plan.build is not None, "a step that builds has something to build"
        assert plan.build.source is not None, "what is deployed was uploaded"
        key = replace(plan.service, name=plan.build.function)
        return await self._functions.source_build(key, plan.build.source)


def builds_function(rollout: Rollout) -> bool:
    """Whether the write under way is the deploy of a function, which has an operation of another API."""
    write = rollout.progress.write
    return rollout.step.kind is StepKind.BUILD and write is not None and not write.restores
