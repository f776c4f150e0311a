"""Builds a function from source, so that its new revision is there and gets no traffic yet.

The split is pinned where LATEST would serve the new revision at once, and the pin is taken back if the build fails.
What was intended is on disk before anything is written. The build itself is the cloud's: a process that ends meanwhile
leaves the split pinned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError
from cfconsole.domain.function_deploys import BuildState, FunctionDeploy, UploadedSource
from cfconsole.domain.releases import Approval, Release, ReleaseState
from cfconsole.domain.services import Service, short_revision
from cfconsole.domain.source_planning import build_plan
from cfconsole.domain.sources import PackedSource
from cfconsole.session.build_following import follow_build, read_if_there, was_taken
from cfconsole.session.following import End, Following
from cfconsole.session.pinning import Pin
from cfconsole.session.ports import ClockPort, Cloud, JournalError, SharedJournalPort
from cfconsole.session.record import Record
from cfconsole.session.releasing import new_release
from cfconsole.session.splits import unchanged
from cfconsole.session.supervise import Alarm

MOST_LINES = 20
"""Of what a failed build said; its log has the rest."""


class BuildOrder(NamedTuple):
    """A function to build, as it was approved."""

    approval: Approval
    source: PackedSource
    function: str
    """The function's own name, which its service may not have."""
    runtime: str = ""
    entry_point: str = ""
    """Both empty: as they are."""
    create: bool = False


class BuildPorts(NamedTuple):
    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort


class SourceRelease:
    """One build on its way. `moved` gets each new state of its release."""

    def __init__(self, order: BuildOrder, ports: BuildPorts, actor: str, moved: Callable[[Release], None]) -> None:
        plan = build_plan(order.approval.plan)
        release = new_release(order.approval._replace(plan=plan), actor, ports.clock.now())
        self._order = order
        self._plan = plan
        self._ports = ports
        self._record = Record(release, ports.journal, ports.clock, moved)
        self._before: Service | None = None
        self._pin = Pin(ports.cloud.services, ports.clock, plan, self._intend)
        self._stepwise = len(order.approval.plan.steps) > 1
        """Whether the new revision gets its traffic afterwards, step by step, and not by itself."""
        self._alarm = Alarm(ports.clock)
        self._leaving = ""

    @property
    def release(self) -> Release:
        return self._record.release

    def leave(self, why: str) -> None:
        """Follows the build no more; it goes on in the cloud, and the split stays pinned for it."""
        self._leaving = why
        self._alarm.ring()

    async def run(self) -> Release:
        """The ended release, with the new revision as its candidate if there is one."""
        try:
            return await self._run()
        except asyncio.CancelledError:
            await self._interrupted()
            raise
        except Exception as error:
            sentence = f"The console made a mistake ({type(error).__name__}); look at the service before doing more"
            return await self._record.end(ReleaseState.UNKNOWN, sentence)

    async def _run(self) -> Release:
        record = self._record
        record.show(ReleaseState.PLANNED, f"approved by {self._order.approval.how}")
        try:
            superseded = await self._look()
            if superseded:
                return await record.end(ReleaseState.SUPERSEDED, superseded)
            await record.begin()
            await record.move(ReleaseState.RUNNING, f"uploading {self._order.source.summary}")
            key = self._plan.service
            uploaded = await self._ports.cloud.functions.upload(key.project, key.region, self._order.source.archive)
        except JournalError as error:
            return await record.end(ReleaseState.FAILED, f"nothing was changed: {error}", kept=False)
        except CloudError as error:
            return await record.end(ReleaseState.FAILED, f"nothing was changed: {error.sentence}")
        if self._leaving:
            return await record.end(ReleaseState.FAILED, f"nothing was changed: {self._leaving}")
        return await self._pin_split() or await self._deploy(uploaded)

    async def _look(self) -> str:
        """Why the plan does not hold any more. Raises `CloudError`."""
        key = self._plan.service
        self._before = await read_if_there(self._ports.cloud.services, key)
        if self._order.create:
            return f"{key.name} is there meanwhile; nothing was written. Plan again" if self._before else ""
        if self._before and unchanged(self._plan, self._before):
            return ""
        by = f" by {self._before.updated_by}" if self._before and self._before.updated_by else ""
        return f"{key.name} was changed{by} since the plan was made; nothing was written. Plan again"

    async def _pin_split(self) -> Release | None:
        """The end of the release, if the split had to be pinned and could not be."""
        if not (self._stepwise and self._pin.needed):
            return None
        try:
            end = await self._pin.hold()
        except JournalError as error:
            return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {error}")
        return None if end.how is Following.EFFECTIVE else await self._not_pinned(end)

    async def _not_pinned(self, end: End) -> Release:
        if end.service and end.how is not Following.SUPERSEDED:
            self._record.applied(end.service.generation)
        match end.how:
            case Following.SUPERSEDED:
                return await self._record.end(ReleaseState.SUPERSEDED, f"{end.sentence}; nothing was deployed")
            case Following.NOT_APPLIED:
                return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {end.sentence}")
            case Following.REJECTED:
                sentence = f"nothing was deployed, for the split could not be pinned: {end.sentence}"
                return await self._record.end(ReleaseState.FAILED, await self._put_back(sentence))
            case _:
                sentence = f"nothing was deployed; it is not known whether the split was pinned: {end.sentence}"
                return await self._record.end(ReleaseState.UNKNOWN, sentence)

    async def _deploy(self, source: UploadedSource) -> Release:
        order, before = self._order, self._before
        key = self._plan.service._replace(name=order.function)
        if self._leaving:
            return await self._failed(f"nothing was deployed: {self._leaving}")
        latest = None if order.create else not self._stepwise
        deploy = FunctionDeploy(key, source, order.runtime, order.entry_point, latest)
        try:
            await self._intend(f"deploying {order.source.summary} to function {order.function}")
            operation = await self._sent(deploy)
        except JournalError as error:
            return await self._failed(f"nothing was deployed: {error}")
        except CloudError as error:
            taken = error.kind in OUTCOME_UNKNOWN and (
                await was_taken(self._ports.cloud.services, self._ports.clock, before) if before else None
            )
            if taken is False:
                return await self._failed(f"nothing was deployed: {error.sentence}")
            return await self._unknown(f"it is not known whether the deploy was taken: {error.sentence}")
        await self._record.move(ReleaseState.RUNNING, "the deploy was accepted", operation)
        functions, clock = self._ports.cloud.functions, self._ports.clock
        build = await follow_build(functions, clock, operation, self._tell, self._alarm, lambda: bool(self._leaving))
        if build is None:
            return await self._interrupted()
        if isinstance(build, str):
            return await self._unknown(build)
        return await (self._not_built(build) if build.error else self._built(build))

    async def _sent(self, deploy: FunctionDeploy) -> str:
        """The operation of the deploy. A function without a service is one whose creation failed: it goes on."""
        functions, create = self._ports.cloud.functions, self._order.create
        try:
            return (await functions.deploy_function(deploy, create=create)).operation
        except CloudError as error:
            if not create or error.code != "ALREADY_EXISTS":
                raise
            if await read_if_there(self._ports.cloud.services, self._plan.service):
                raise
        return (await functions.deploy_function(deploy, create=False)).operation

    async def _built(self, build: BuildState) -> Release:
        record, key = self._record, build.service or self._plan.service
        revision = build.revision
        try:
            service = await self._ports.cloud.services.get_service(key)
        except CloudError as error:
            if not revision:
                return await self._unknown(f"it was built, but the service could not be read: {error.sentence}")
        else:
            revision = revision or service.latest_created
            record.applied(service.generation)
        record.created(revision)
        short = short_revision(key.name, revision)
        traffic = "gets no traffic yet" if self._stepwise else "serves as soon as it is ready"
        return await record.end(ReleaseState.SUCCEEDED, f"{short} was built and {traffic}")

    async def _not_built(self, build: BuildState) -> Release:
        for line in build.error_lines[-MOST_LINES:]:
            await self._record.move(ReleaseState.RUNNING, f"  {line}")
        await self._name_the_failed()
        return await self._failed(build.error)

    async def _name_the_failed(self) -> None:
        """A revision that was made all the same, and did not start, is marked by its name."""
        before = self._before.latest_created if self._before else ""
        try:
            service = await self._ports.cloud.services.get_service(self._plan.service)
        except CloudError:
            return
        if service.latest_created != before:
            self._record.created(service.latest_created)
            self._record.applied(service.generation)

    async def _failed(self, sentence: str) -> Release:
        """The end of a release that left traffic as it was."""
        return await self._record.end(ReleaseState.FAILED, await self._put_back(sentence))

    async def _unknown(self, sentence: str) -> Release:
        left = (
            f"; the split stays pinned to {self._pin.text}, so nothing new serves by itself" if self._pin.held else ""
        )
        return await self._record.end(ReleaseState.UNKNOWN, f"{sentence.rstrip('.')}{left}. Look before doing more")

    async def _put_back(self, sentence: str) -> str:
        """The sentence, with what became of the pin."""
        sentence = sentence.rstrip(".")
        if not self._pin.held:
            return f"{sentence}; traffic is as it was" if self._before else sentence
        try:
            pinned = await self._pin.put_back()
        except JournalError as error:
            pinned = str(error)
        stays = f"the split stays pinned to {self._pin.text}: {pinned}"
        return f"{sentence}; {stays if pinned else 'traffic is as it was'}"

    async def _interrupted(self) -> Release:
        if not self._record.begun:
            return self._record.release
        left = f"the split stays pinned to {self._pin.text}" if self._pin.held else "the split is as it was"
        why = f"interrupted{f': {self._leaving}' if self._leaving else ''}"
        sentence = f"{why}; a build that was begun goes on in the cloud, and {left}"
        await self._record.move(ReleaseState.INTERRUPTED, sentence)
        await self._ports.journal.put_down(self._record.release.id)
        return self._record.release

    async def _intend(self, sentence: str) -> None:
        """Puts on disk what is written next. Raises `JournalError`, and then it may not be written."""
        event = self._record.show(ReleaseState.RUNNING, sentence)
        await self._ports.journal.append(self._record.release.id, event)

    async def _tell(self, sentence: str) -> None:
        await self._record.move(ReleaseState.RUNNING, sentence)
