"""The sources that a console deploys functions from: which one belongs to a plan, until its release has uploaded it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from cfconsole.domain.deploy_wish import DeployWish
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, Release
from cfconsole.domain.services import Service
from cfconsole.domain.source_planning import plan_source
from cfconsole.domain.sources import PackedSource, SourceOrder, SourceTrouble
from cfconsole.session.ports import SourcesPort
from cfconsole.session.source_deploy import Moved, UploadPorts, upload_source

REMEMBERED = 4
"""Plans of one source: a dialog may plan again."""

Upload = Callable[[UploadPorts, Release, Moved], Awaitable[Release]]


class _Planned(NamedTuple):
    plan: Plan
    source: PackedSource


class SourceBuilds:
    """Knows the source of each plan that was made of it."""

    def __init__(self) -> None:
        self._source: PackedSource | None = None
        """The one that was asked for last: archives may be large."""
        self._planned: deque[_Planned] = deque(maxlen=REMEMBERED)

    def asked(self, wish: DeployWish, source: PackedSource) -> Callable[[PlanFacts], Plan | Refusal]:
        """The question that a planner asks of the facts, now and again."""
        digest = source.digest
        self._source = source
        self._planned.clear()

        def ask(facts: PlanFacts) -> Plan | Refusal:
            if self._source is None or self._source.digest != digest:
                return Refusal(
                    RefusalReason.CHANGED, "another source was made ready meanwhile; begin with this one anew"
                )
            plan = plan_source(facts, wish, self._source)
            if isinstance(plan, Plan):
                self._planned.append(_Planned(plan, self._source))
            return plan

        return ask

    def upload(self, plan: Plan) -> Upload:
        """What uploads the source of a plan that was made here. The source is forgotten: it goes up once."""
        source = next(planned.source for planned in reversed(self._planned) if planned.plan == plan)
        self._planned.clear()
        self._source = None

        async def upload(ports: UploadPorts, release: Release, moved: Moved) -> Release:
            return await upload_source(ports, release, source, moved)

        return upload


async def packed(
    sources: SourcesPort | None, service: Service | None, directory: str, run_tests: bool
) -> PackedSource | SourceTrouble:
    """The source for a function as it is now."""
    if sources is None:
        return SourceTrouble("this console builds nothing from source; use `cfconsole deploy --source`")
    function = service.function if service else None
    runtime, entry_point = (function.runtime, function.entry_point) if function else ("", "")
    return await sources.pack(SourceOrder(directory, runtime, entry_point, run_tests))
