"""The operator's commands to existing releases: abort, promote, continue, and recover after a crash."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.model import Approval, Refusal, RefusalReason, Release
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.recovery import Recovery
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.session.ports import ClockPort, JournalError
from cfconsole.session.releases.approvals import approve
from cfconsole.session.releases.ports import ReleasePorts
from cfconsole.session.releases.recovery import leave_as_is, read_recovery
from cfconsole.session.releases.release_group import ReleaseGroup
from cfconsole.session.releases.release_runner import ClaimedRelease
from cfconsole.session.settings import SessionSettings, why_read_only
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import JournalRead, ReleaseChanged, ReleaseProgressed

_READ_ONLY = why_read_only("control releases")


class ReleaseCommands:
    """Made for each command anew."""

    def __init__(
        self, group: ReleaseGroup, ports: ReleasePorts, store: StateStore, clock: ClockPort, settings: SessionSettings
    ) -> None:
        self._group = group
        self._ports = ports
        self._store = store
        self._clock = clock
        self._settings = settings

    def command(self, release_id: str, command: Command) -> None:
        """Adds a command to the journal, for the process that carries the release out."""
        release = self._find(release_id)
        if self._settings.read_only:
            self._say(release_id, _READ_ONLY)
        elif release is not None and release.open:
            self._group.run(f"command {release_id}", self._send(release_id, command))

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about a release whose process has died, from a fresh read."""
        release = self._find(release_id)
        if release is None or release.open or release.ended_at:
            return Refusal(RefusalReason.NOT_FOUND, f"release {release_id} does not need to be resumed")
        return await read_recovery(self._ports.cloud, self._clock, release)

    async def recover(self, release_id: str, command: Command, typed: str) -> Refusal | None:
        """`CONTINUE` resumes, `ABORT` restores what served before, `NONE` ends the release as it is."""
        release = self._find(release_id)
        if release is None or release.open or release.ended_at:
            return Refusal(RefusalReason.NOT_FOUND, f"release {release_id} does not need to be resumed")
        approval = self._approve(release, command, typed)
        if isinstance(approval, Refusal):
            return approval
        try:
            return await self._recover(release, approval, command)
        except JournalError as error:
            return Refusal(RefusalReason.JOURNAL, str(error))

    async def _recover(self, release: Release, approval: Approval | None, command: Command) -> Refusal | None:
        ports = self._ports
        if approval is None:
            left = await leave_as_is(ports.journal, self._clock, release.id)
            if isinstance(left, Refusal):
                return left
            self._store.post(ReleaseChanged(left))
            return None
        if ports.runners:
            ports.runners.watch(release.id)
            try:
                await ports.runners.launch(RunnerJob(release, approval.how, command=command))
            except CloudError as error:
                ports.runners.unwatch(release.id)
                return Refusal(RefusalReason.CHANGED, error.sentence)
            return None
        claimed = await self._group.runner(ports).claim(release.id, command)
        match claimed:
            case Refusal():
                return claimed
            case Release():
                return None
            case ClaimedRelease():
                self._store.post(JournalRead((claimed.record.release,), frozenset({release.id})))
                self._group.run_claimed(claimed, ports)
                return None
            case _:
                assert_never(claimed)

    def _approve(self, release: Release, command: Command, typed: str) -> Approval | Refusal | None:
        """`None` if nothing is to be written, so nothing has to be approved."""
        if command is Command.NONE and not self._settings.read_only:
            return None
        guard = self._settings.guard(release.plan.kind)
        plan = replace(release.plan, must_name="")
        return approve(plan, guard, read_only=self._settings.read_only, typed=typed, at=self._clock.now())

    async def _send(self, release_id: str, command: Command) -> None:
        rollout = self._group.rollout(release_id)
        try:
            await self._ports.journal.add_command(
                release_id, CommandRecord(command, self._settings.actor, self._clock.now())
            )
        except JournalError as error:
            if rollout:
                rollout.command(command)
            else:
                self._say(release_id, f"the command could not be recorded in the journal: {error}")
            return
        if rollout:
            rollout.wake()

    def _say(self, release_id: str, sentence: str) -> None:
        progress = self._store.state.progress.get(release_id) or ReleaseProgress(self._clock.now(), 1, 1, "", "")
        self._store.post(ReleaseProgressed(release_id, replace(progress, at=self._clock.now(), sentence=sentence)))

    def _find(self, release_id: str) -> Release | None:
        return next((release for release in self._store.state.releases if release.id == release_id), None)
