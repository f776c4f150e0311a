"""Carries out a deploy of a function from source: checks on this machine, a plan, the build, and the way into traffic.

The source is uploaded by this command. All that follows is one release, which runs in a process of its own like every
release in steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.changes.consent import Consent, approve_by_options
from cfconsole.cli.changes.outcome import ChangeOutcome, DetachedRelease, Failure, outcome_row
from cfconsole.cli.changes.source_options import SourceOptions
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.output.document import print_note
from cfconsole.cli.runner.start_and_follow import run_job
from cfconsole.cli.setup.context import CommandContext
from cfconsole.cli.setup.service_names import find_services, parse_name
from cfconsole.cli.setup.wiring import actor, journal_file
from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.services import Function, ServiceKey
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, Release
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import facts_of_new_function, source_refusal
from cfconsole.domain.releases.planning.planner import plan
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec
from cfconsole.domain.text import Scrubber
from cfconsole.session.headless import read_plan_facts
from cfconsole.session.releases.build_writer import get_service_or_none
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.source_upload import UploadPorts, upload_source
from cfconsole.store.source.packer import SourcePacker

if TYPE_CHECKING:
    from cfconsole.session.ports import SharedJournalPort


class SourceChangeRequest(Struct, frozen=True):
    """All that was asked for on the command line."""

    service: str
    source: SourceOptions
    wish: DeployOptions
    consent: Consent
    dry_run: bool = False
    wait: bool = True


class SourceOutcome(Struct, frozen=True):
    """How far it came."""

    change: ChangeOutcome
    packed: PackedSource | None = None
    lines: tuple[str, ...] = ()
    """Of whatever was wrong with the source."""
    warnings: tuple[str, ...] = ()

    def with_end(self, end: Release | DetachedRelease | Refusal | Failure) -> SourceOutcome:
        return replace(self, change=replace(self.change, end=end))


class _SourceTarget(Struct, frozen=True):
    """The function to deploy, or to make."""

    key: ServiceKey
    facts: PlanFacts | None = None
    """`None`: it is to be made."""
    warnings: tuple[str, ...] = ()

    @property
    def function(self) -> Function | None:
        return self.facts.service.function if self.facts else None


async def deploy_source(
    context: CommandContext, request: SourceChangeRequest, show_plan: Callable[[Plan], None]
) -> SourceOutcome:
    """Raises `CloudError` and `Stop` where it can't be told what to deploy."""
    from cfconsole.store.releases.journal import Journal

    journal = Journal(journal_file(context.scope))
    try:
        return await _SourceDeploy(context, request, journal).run(show_plan)
    finally:
        await journal.aclose()


class _SourceDeploy:
    """One command at work."""

    def __init__(self, context: CommandContext, request: SourceChangeRequest, journal: SharedJournalPort) -> None:
        self._context = context
        self._request = request
        self._journal = journal

    async def run(self, show_plan: Callable[[Plan], None]) -> SourceOutcome:
        try:
            target = await self._target()
        except JournalError as error:
            raise Stop(f"Nothing was changed: {error}", Exit.REFUSED) from error
        outcome = SourceOutcome(ChangeOutcome(ReleaseKind.DEPLOY, target.key), warnings=target.warnings)
        refusal = source_refusal(target.facts, self._request.wish) if target.facts else None
        if refusal:
            return outcome.with_end(refusal)
        packed = await self._pack(target)
        if isinstance(packed, SourceRefusal):
            refused = Failure(f"nothing was uploaded: {packed.sentence}", Exit.REFUSED)
            return replace(outcome.with_end(refused), lines=packed.lines)
        outcome = replace(outcome, packed=packed)
        plan = self._plan(target, packed)
        if isinstance(plan, Refusal):
            return outcome.with_end(plan)
        show_plan(plan)
        outcome = replace(outcome, change=replace(outcome.change, plan=plan))
        if self._request.dry_run:
            return outcome
        approval = self._approve(plan)
        if isinstance(approval, Refusal):
            return outcome.with_end(approval)
        return await self._release(outcome, approval, packed)

    async def _target(self) -> _SourceTarget:
        context, request = self._context, self._request
        if request.source.create:
            return _SourceTarget(await self._new_key())
        found = await find_services(context.cloud, context.scope, (request.service,))
        (key,) = found.keys
        facts = await read_plan_facts(context.cloud, self._journal, context.clock, key)
        return _SourceTarget(key, facts, found.warnings)

    async def _new_key(self) -> ServiceKey:
        """Where the new function goes; it is not guessed. Raises `Stop`."""
        scope, asked = self._context.scope, parse_name(self._request.service, self._context.scope)
        projects = (asked.project,) if asked.project else scope.projects
        regions = (asked.region,) if asked.region else scope.regions
        if len(projects) != 1 or len(regions) != 1:
            raise Stop(f"Say where to make {asked.name}: REGION/NAME, or PROJECT/REGION/NAME.", Exit.USAGE)
        key = ServiceKey(projects[0], regions[0], asked.name)
        if await get_service_or_none(self._context.cloud.services, key):
            raise Stop(f"There is {key} already; deploy to it without --create.", Exit.REFUSED)
        return key

    async def _pack(self, target: _SourceTarget) -> PackedSource | SourceRefusal:
        asked, function = self._request.source, target.function
        order = SourceSpec(
            asked.directory,
            asked.runtime or (function.runtime if function else ""),
            asked.entry_point or (function.entry_point if function else ""),
            asked.run_tests,
        )
        packed = await SourcePacker(Scrubber(self._context.config.redact.patterns)).pack(order)
        for checked in packed.passed_checks if isinstance(packed, PackedSource) else ():
            self._say(target.key, checked)
        return packed

    def _plan(self, target: _SourceTarget, packed: PackedSource) -> Plan | Refusal:
        wish, asked = self._request.wish, self._request.source
        facts = target.facts or facts_of_new_function(target.key)
        return plan(facts, SourceRequest(wish, packed, asked.runtime, asked.entry_point, create=target.facts is None))

    def _approve(self, plan: Plan) -> Approval | Refusal:
        scope, now = self._context.scope, self._context.clock.now()
        return approve_by_options(plan, (), self._request.consent, scope.guards, read_only=scope.read_only, at=now)

    async def _release(self, outcome: SourceOutcome, approval: Approval, packed: PackedSource) -> SourceOutcome:
        """Uploads the source; from then on the release is carried out like any other in steps."""
        context, journal = self._context, self._journal
        values = tuple((name, value) for name, value in self._request.wish.env if value is not None)
        release = new_release(approval, actor(os.environ), context.clock.now())
        there = await upload_source(UploadPorts(context.cloud, journal, context.clock), release, packed, self._moved)
        if there.ended_at:
            return outcome.with_end(there)
        job = RunnerJob(there, approval.how, values)
        return outcome.with_end(await run_job(context, journal, job, wait=self._request.wait))

    def _moved(self, release: Release) -> None:
        if release.events:
            self._say(release.plan.service, release.events[-1].sentence)

    def _say(self, key: ServiceKey, sentence: str) -> None:
        print_note(f"{key}: {sentence}")


def source_row(outcome: SourceOutcome) -> dict[str, Any]:
    """The outcome as a document holds it: that of any change, with the source and the build besides."""
    packed, release = outcome.packed, outcome.change.release
    source = {
        "directory": packed.directory if packed else None,
        "files": packed.files if packed else None,
        "zipped_bytes": len(packed.archive) if packed else None,
        "sha256": packed.digest if packed else None,
        "checked": list(packed.passed_checks) if packed else [],
        "warnings": list(packed.warnings) if packed else [],
        "trouble": list(outcome.lines),
    }
    told = {"release": release.id, "state": str(release.state), "outcome": release.outcome} if release else None
    return {**outcome_row(outcome.change), "source": source, "build": told}
