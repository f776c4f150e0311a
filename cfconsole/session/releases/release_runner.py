"""Carries out releases, for the console, for a runner process and for a command alike.

A plan of a single write goes to `single_write_runner`, a plan in steps to `rollout_runner`. Both record each change of
the release and call the listener; the end is announced.
"""

from __future__ import annotations

import contextlib
from typing import assert_never

from msgspec import Struct

from cfconsole.domain.releases.model import Refusal, Release
from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.rollout.values import Command, Rollout
from cfconsole.session.ports import ClockPort, Cloud, JournalPort, SharedJournalPort
from cfconsole.session.releases.announcer import Announcer
from cfconsole.session.releases.evidence.request_log import RequestTail
from cfconsole.session.releases.ports import ReleaseListener, ReleasePorts, VariableValues
from cfconsole.session.releases.record import ReleaseRecord
from cfconsole.session.releases.recovery import claim, decide
from cfconsole.session.releases.rollout_runner import RolloutRunner
from cfconsole.session.releases.single_write_runner import SingleWriteRunner

STOPPED = "stopped by a signal"


class ClaimedRelease(Struct, frozen=True):
    """A release that another process left and this one has claimed."""

    record: ReleaseRecord
    rollout: Rollout
    command: Command
    """The command it was claimed with, still to be carried out."""


class ReleaseRunner:
    """The releases that this process carries out.

    `tail` follows their requests in a process without a console, which has no tails of its own.
    """

    def __init__(
        self, ports: ReleasePorts, listener: ReleaseListener | None = None, tail: RequestTail | None = None
    ) -> None:
        self._ports = ports
        self._listener = listener or ReleaseListener()
        self._tail = tail
        self._announcer = Announcer(ports.cloud, ports.clock)
        self._rollouts: dict[str, RolloutRunner] = {}
        self._single_writes: dict[str, SingleWriteRunner] = {}
        self._leaving = ""

    async def run(
        self,
        release: Release,
        how: str,
        values: VariableValues = (),
        *,
        single_write_journal: JournalPort | None = None,
    ) -> Release:
        """Carries out a new release. Returns the ended or interrupted release.

        `how` says how it was approved; `values` are the values of the variables it sets. `single_write_journal` records
        a single write in place of the journal.
        """
        ports = self._ports
        if release.plan.steps:
            rollout = new_rollout(release.plan, ports.clock.now())
            return await self._run_steps(self._record(release, ports.journal), rollout, how=how, values=values)
        return await self._run_single_write(self._record(release, single_write_journal or ports.journal), how)

    async def resume(self, release_id: str, command: Command) -> Release | Refusal:
        """Resumes a release that another process left, or restores what served before it (`Command.ABORT`).

        Raises `JournalError` if the release can't be read.
        """
        claimed = await self.claim(release_id, command)
        match claimed:
            case Refusal():
                return claimed
            case Release():
                return await self._announcer.announce_end(claimed, self._listener.on_release)
            case ClaimedRelease():
                return await self.run_claimed(claimed)
            case _:
                assert_never(claimed)

    async def claim(self, release_id: str, command: Command) -> ClaimedRelease | Release | Refusal:
        """Claims a release: the claimed release, the ended one if nothing was left to do, or why it can't be claimed.

        Raises `JournalError` if the release can't be read.
        """
        ports = self._ports
        release = await claim(ports.journal, release_id)
        if isinstance(release, Refusal):
            return release
        record = self._record(release, ports.journal, begun=True)
        found = await decide(ports.cloud, ports.journal, ports.clock, record, command)
        if isinstance(found, Rollout):
            return ClaimedRelease(record, found, Command.ABORT if command is Command.ABORT else Command.NONE)
        return found

    async def run_claimed(self, claimed: ClaimedRelease) -> Release:
        """Continues a claimed release. Returns the ended or interrupted release."""
        return await self._run_steps(claimed.record, claimed.rollout, command=claimed.command)

    def rollout(self, release_id: str) -> RolloutRunner | None:
        """The runner of a release in steps; `None` if this process does not carry it out."""
        return self._rollouts.get(release_id)

    def leave(self, why: str) -> None:
        """Interrupts releases in steps, which can be resumed elsewhere; single writes are finished."""
        self._leaving = why
        for rollout in self._rollouts.values():
            rollout.leave(why)
        for single_write in self._single_writes.values():
            single_write.leave()

    async def _run_single_write(self, record: ReleaseRecord, how: str) -> Release:
        runner = SingleWriteRunner(record, self._ports, self._listener, how=how)
        self._single_writes[record.release.id] = runner
        if self._leaving:
            runner.leave()
        try:
            return await self._announcer.announce_end(await runner.run(), self._listener.on_release)
        finally:
            del self._single_writes[record.release.id]

    async def _run_steps(
        self,
        record: ReleaseRecord,
        rollout: Rollout,
        *,
        how: str = "",
        values: VariableValues = (),
        command: Command | None = None,
    ) -> Release:
        runner = RolloutRunner(
            record, rollout, self._ports, self._announcer, self._listener, how=how, values=values, command=command
        )
        self._rollouts[record.release.id] = runner
        if self._leaving:
            runner.leave(self._leaving)
        try:
            async with self._tail.tailing(rollout.plan.service) if self._tail else contextlib.nullcontext():
                return await self._announcer.announce_end(await runner.run(), self._listener.on_release)
        finally:
            del self._rollouts[record.release.id]

    def _record(self, release: Release, journal: JournalPort, *, begun: bool = False) -> ReleaseRecord:
        return ReleaseRecord(release, journal, self._ports.clock, self._listener.on_release, begun=begun)


def headless_runner(
    cloud: Cloud, journal: SharedJournalPort, clock: ClockPort, listener: ReleaseListener | None = None
) -> ReleaseRunner:
    """A runner for a process without a console: it tails the requests to its services itself."""
    tail = RequestTail(cloud, clock)
    return ReleaseRunner(ReleasePorts(cloud, journal, clock, tail.requests), listener, tail)
