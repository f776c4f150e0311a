"""Carries out one approved plan: a fresh read, the intent on disk, one write, and the truth about what came of it.

It never writes without an Approval, never writes over somebody else's change, and never resends a write whose outcome
is unknown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, assert_never

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.releases import Approval, Plan, Release, ReleaseState, Verdict
from cfconsole.domain.service_writes import ServiceWrite
from cfconsole.domain.services import Service
from cfconsole.session.following import Following, Seen, follow, read_back
from cfconsole.session.ports import ClockPort, JournalError, JournalPort, ServicesPort
from cfconsole.session.record import Record
from cfconsole.session.splits import unchanged
from cfconsole.session.verifying import Verifier

WRITE_TRIES = 3
"""A conflict proves that nothing was written, so while only the etag moved the same decision may be sent again."""


class ReleasePorts(NamedTuple):
    """What carrying out a plan needs."""

    services: ServicesPort
    journal: JournalPort
    clock: ClockPort
    verifier: Verifier


class Sent(NamedTuple):
    """A write that was, or may have been, applied."""

    from_generation: int
    operation: str = ""
    unsure: str = ""
    """Why the outcome is unknown; empty for an accepted write."""


def new_release(approval: Approval, actor: str, at: datetime) -> Release:
    """A release in its first state; its id sorts by time."""
    return Release(f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", approval.plan, actor, at)


class Releasing:
    """One release on its way. `moved` gets each new state of it, `sent` is called once the write was answered."""

    def __init__(
        self,
        release: Release,
        approval: Approval,
        ports: ReleasePorts,
        moved: Callable[[Release], None],
        sent: Callable[[], None] = lambda: None,
        seen: Seen = lambda service: None,
    ) -> None:
        self._plan: Plan = approval.plan
        self._approval = approval
        self._ports = ports
        self._record = Record(release, ports.journal, ports.clock, moved)
        self._sent = sent
        self._seen = seen

    async def run(self) -> Release:
        """The ended release. Failures end it with a sentence; only a kill of the process leaves it open."""
        try:
            return await self._run()
        except Exception as error:
            sentence = f"The console made a mistake ({type(error).__name__}); look at the service before doing more"
            return await self._record.end(ReleaseState.UNKNOWN, sentence)
        finally:
            self._sent()

    async def _run(self) -> Release:
        record = self._record
        record.show(ReleaseState.PLANNED, f"approved by {self._approval.how}")
        sent = await self._write()
        self._sent()
        if isinstance(sent, Release):
            return sent
        if sent.unsure:
            classified = await self._classify(sent)
            if classified:
                return classified
        return await self._follow(sent)

    async def _write(self) -> Sent | Release:
        """Sends the one write, or ends the release with nothing written."""
        for attempt in range(WRITE_TRIES):
            try:
                fresh = await self._ports.services.get_service(self._plan.service)
            except CloudError as error:
                return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {error.sentence}")
            if not unchanged(self._plan, fresh):
                return await self._superseded(fresh, "nothing was written")
            try:
                await self._intend(fresh)
            except JournalError as error:
                return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {error}", kept=attempt > 0)
            outcome = await self._send(fresh)
            if outcome is not None:
                return outcome
        return await self._record.end(ReleaseState.FAILED, "nothing was changed: the service moved at every try")

    async def _intend(self, fresh: Service) -> None:
        """Puts the intent on disk, once. Raises `JournalError`."""
        what = "instances" if self._plan.scaling else "split"
        sentence = f"writing the {what} to generation {fresh.generation}"
        if self._record.begun:
            await self._record.move(ReleaseState.RUNNING, sentence)
            return
        self._record.show(ReleaseState.RUNNING, sentence)
        await self._record.begin()

    async def _send(self, fresh: Service) -> Sent | Release | None:
        """`None`: a conflict, so a fresh read has to tell whether the plan still holds."""
        plan = self._plan
        write = ServiceWrite(plan.mask, () if plan.scaling else plan.after, scaling=plan.scaling)
        try:
            written = await self._ports.services.write(plan.service, write, etag=fresh.etag)
        except CloudError as error:
            if error.kind is ErrorKind.CONFLICT:
                return None
            if error.kind in OUTCOME_UNKNOWN:
                return Sent(fresh.generation, unsure=error.sentence)
            return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {error.sentence}")
        await self._record.move(ReleaseState.RUNNING, "the write was accepted", written.operation)
        return Sent(fresh.generation, written.operation)

    async def _classify(self, sent: Sent) -> Release | None:
        """Reads back a write without an answer; `None` if it was applied and has to be followed."""
        await self._record.move(ReleaseState.RUNNING, f"the outcome is unknown, reading back: {sent.unsure}")
        found = await read_back(self._ports.services, self._ports.clock, self._plan, sent.from_generation)
        match found:
            case Following.APPLIED:
                await self._record.move(ReleaseState.RUNNING, "read back: the write was applied")
                return None
            case Following.NOT_APPLIED:
                return await self._record.end(ReleaseState.FAILED, f"the write was not applied: {sent.unsure}")
            case Following.SUPERSEDED:
                return await self._record.end(ReleaseState.SUPERSEDED, "somebody else changed the service meanwhile")
            case _:
                sentence = f"the outcome is unknown and could not be read back: {sent.unsure} Look before doing more"
                return await self._record.end(ReleaseState.UNKNOWN, sentence)

    async def _follow(self, sent: Sent) -> Release:
        end = await follow(
            self._ports.services, self._ports.clock, self._plan, sent.operation, sent.from_generation, self._seen
        )
        if end.service and end.how is not Following.SUPERSEDED:
            self._record.applied(end.service.generation)
        match end.how:
            case Following.EFFECTIVE:
                return await self._verify()
            case Following.SUPERSEDED:
                return await self._record.end(ReleaseState.SUPERSEDED, end.sentence)
            case Following.REJECTED:
                return await self._record.end(ReleaseState.FAILED, end.sentence)
            case _:
                return await self._record.end(ReleaseState.UNKNOWN, end.sentence)

    async def _verify(self) -> Release:
        target = self._plan.target
        if not target:
            # Nothing moved that could be well or not: instances, or tags alone.
            return await self._record.end(ReleaseState.SUCCEEDED, "the change is effective")
        await self._record.move(ReleaseState.VERIFYING, f"the split is effective; watching requests to {target}")
        verified = await self._ports.verifier.verify(self._plan, self._ports.clock.now())
        match verified.verdict:
            case Verdict.HEALTHY:
                return await self._record.end(ReleaseState.SUCCEEDED, f"traffic moved; {verified.sentence}")
            case Verdict.UNHEALTHY:
                return await self._record.end(ReleaseState.FAILED, f"traffic moved, but {verified.sentence}")
            case Verdict.INCONCLUSIVE:
                return await self._record.end(ReleaseState.SUCCEEDED, f"traffic moved; {verified.sentence}")
            case _:
                assert_never(verified.verdict)

    async def _superseded(self, fresh: Service, what: str) -> Release:
        self._seen(fresh)
        by = f" by {fresh.updated_by}" if fresh.updated_by else ""
        sentence = f"{self._plan.service.name} was changed{by} since the plan was made; {what}. Plan again"
        return await self._record.end(ReleaseState.SUPERSEDED, sentence)
