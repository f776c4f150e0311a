"""Carries out a plan of a single write: a fresh read, the intent on disk, the write, and its outcome.

It never overwrites somebody else's change, and never resends a write whose outcome is unknown.

It follows other rules than `rollout_runner`. It finishes what an operator pressed a key for: only one read is between
the key and the write, a closing console waits for it, and it never restores what served before, which is the bad
revision in a rollback. A release in steps can be left between any two observations, continues in any process, takes
commands, and restores what served before. A single write that a dying process left is resumed by `rollout_runner`, as a
release of one step.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Release, ReleaseState, Verdict
from cfconsole.domain.releases.steps import Answer
from cfconsole.domain.releases.writes import WRITE_TRIES, WriteOutcome, answer_of, is_unchanged, write_of
from cfconsole.session.ports import JournalError
from cfconsole.session.releases.ports import ReleaseListener, ReleasePorts
from cfconsole.session.releases.record import ReleaseRecord
from cfconsole.session.releases.single_write_outcome import follow_change, read_back
from cfconsole.session.releases.single_write_verification import Verifier


class SentWrite(Struct, frozen=True):
    """A write that was applied, or may have been."""

    from_generation: int
    operation: str = ""
    error: str = ""
    """Why its outcome is unknown; empty for an accepted write."""


class SingleWriteRunner:
    """One release of a single write."""

    def __init__(self, record: ReleaseRecord, ports: ReleasePorts, listener: ReleaseListener, *, how: str) -> None:
        """`how` says how it was approved."""
        self._record = record
        self._how = how
        self._plan = record.release.plan
        self._services = ports.cloud.services
        self._clock = ports.clock
        self._verifier = Verifier(ports.requests, ports.clock)
        self._listener = listener

    def leave(self) -> None:
        """Finishes the write, but waits for no more evidence."""
        self._verifier.leave()

    async def run(self) -> Release:
        """Returns the ended release. A failure ends it with a sentence; only a killed process leaves it open."""
        try:
            return await self._run()
        except Exception as error:
            return await self._record.end_with_internal_error(error)
        finally:
            self._listener.on_answer(self._record.release.id)

    async def _run(self) -> Release:
        self._record.show(ReleaseState.PLANNED, f"approved by {self._how}")
        sent = await self._write()
        self._listener.on_answer(self._record.release.id)
        if isinstance(sent, Release):
            return sent
        return await self._read_back(sent) or await self._follow(sent)

    async def _write(self) -> SentWrite | Release:
        """Sends the one write, or ends the release with nothing written."""
        for _ in range(WRITE_TRIES):
            try:
                fresh = await self._services.get_service(self._plan.service)
            except CloudError as error:
                return await self._end_unwritten(error.sentence)
            if not is_unchanged(self._plan, fresh):
                return await self._end_superseded(fresh)
            try:
                await self._intend(fresh)
            except JournalError as error:
                return await self._end_unwritten(str(error), recorded=False)
            outcome = await self._send(fresh)
            if outcome is not None:
                return outcome
        return await self._end_unwritten("the service changed at every attempt")

    async def _intend(self, fresh: Service) -> None:
        """Puts the intent on disk, once. Raises `JournalError`."""
        what = "instances" if self._plan.scaling else "traffic"
        sentence = f"writing {what} (generation {fresh.generation})"
        if self._record.begun:
            await self._record.move(ReleaseState.RUNNING, sentence)
            return
        self._record.show(ReleaseState.RUNNING, sentence)
        await self._record.begin()

    async def _send(self, fresh: Service) -> SentWrite | Release | None:
        """Sends the write; `None` on a conflict, after which a fresh read shows whether the plan still applies."""
        try:
            written = await self._services.write(self._plan.service, write_of(self._plan), etag=fresh.etag)
        except CloudError as error:
            answer = answer_of(error)
            if answer is Answer.CONFLICT:
                return None
            if answer is Answer.UNKNOWN:
                return SentWrite(fresh.generation, error=error.sentence)
            return await self._end_unwritten(error.sentence)
        await self._record.move(ReleaseState.RUNNING, "the write was accepted", written.operation)
        return SentWrite(fresh.generation, written.operation)

    async def _read_back(self, sent: SentWrite) -> Release | None:
        """Reads back a write without an answer; `None` if it was answered or applied, so it is followed."""
        if not sent.error:
            return None
        record = self._record
        await record.move(ReleaseState.RUNNING, f"no answer to the write, checking the service: {sent.error}")
        found = await read_back(self._services, self._clock, self._plan, sent.from_generation)
        match found:
            case WriteOutcome.APPLIED:
                await record.move(ReleaseState.RUNNING, "checked: the write was applied")
                return None
            case WriteOutcome.NOT_APPLIED:
                return await record.end(ReleaseState.FAILED, f"the write was not applied: {sent.error}")
            case WriteOutcome.SUPERSEDED:
                return await record.end(ReleaseState.SUPERSEDED, "somebody else changed the service in the meantime")
            case WriteOutcome.UNKNOWN:
                unknown = f"the outcome is unknown and the service could not be read: {sent.error}"
                return await record.end(ReleaseState.UNKNOWN, f"{unknown} Check the service before doing more")
            case _:
                assert_never(found)

    async def _follow(self, sent: SentWrite) -> Release:
        seen = self._listener.on_service
        end = await follow_change(self._services, self._clock, self._plan, sent.operation, sent.from_generation, seen)
        if end.generation:
            self._record.set_generation(end.generation)
        if end.state is ReleaseState.VERIFYING:
            return await self._verify()
        return await self._record.end(end.state, end.sentence)

    async def _verify(self) -> Release:
        target = self._plan.target
        if not target:
            # No traffic moved that could be judged: only instances or tags changed.
            return await self._record.end(ReleaseState.SUCCEEDED, "the change is in effect")
        await self._record.move(ReleaseState.VERIFYING, f"the split serves; watching requests to {target}")
        verified = await self._verifier.verify(self._plan, self._clock.now())
        if verified.verdict is Verdict.UNHEALTHY:
            return await self._record.end(ReleaseState.FAILED, f"traffic moved, but {verified.sentence}")
        return await self._record.end(ReleaseState.SUCCEEDED, f"traffic moved; {verified.sentence}")

    async def _end_superseded(self, fresh: Service) -> Release:
        self._listener.on_service(fresh)
        sentence = f"{fresh.change_sentence} since the plan was made; nothing was written. Try again"
        return await self._record.end(ReleaseState.SUPERSEDED, sentence)

    async def _end_unwritten(self, why: str, *, recorded: bool = True) -> Release:
        return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {why}", recorded=recorded)
