"""The record of a release: each change goes to the journal and to a callback."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from cfconsole.domain.releases.model import Approval, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.steps import Progress
from cfconsole.session.ports import ClockPort, JournalError, JournalPort


def new_release(approval: Approval, actor: str, at: datetime) -> Release:
    """A release of an approved plan in its first state. Its id sorts by time."""
    return Release(f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", approval.plan, actor, at)


class ReleaseRecord:
    """The current value of a release. If the journal fails after the write, the outcome says so."""

    def __init__(
        self,
        release: Release,
        journal: JournalPort,
        clock: ClockPort,
        on_change: Callable[[Release], None],
        *,
        begun: bool = False,
    ) -> None:
        """`begun`: the release is in the journal already, because it is resumed."""
        self.release = release
        self._journal = journal
        self._clock = clock
        self._on_change = on_change
        self.begun = begun
        self._journal_error = ""

    def show(
        self, state: ReleaseState, sentence: str, operation: str = "", progress: Progress | None = None
    ) -> ReleaseEvent:
        """Shows an event that need not be on disk yet."""
        event = ReleaseEvent(self._clock.now(), state, sentence, operation, progress)
        self._set(replace(self.release, state=state, events=(*self.release.events, event)))
        return event

    async def begin(self) -> None:
        """Puts the intent on disk. If it raises `JournalError`, nothing may be written to the cloud."""
        await self._journal.begin(self.release)
        self.begun = True

    async def intend(self, state: ReleaseState, sentence: str, progress: Progress) -> None:
        """Puts the next write on disk. If it raises `JournalError`, that may not be written to the cloud."""
        await self._journal.append(self.release.id, self.show(state, sentence, progress=progress))

    async def move(
        self, state: ReleaseState, sentence: str, operation: str = "", progress: Progress | None = None
    ) -> None:
        """Shows and records an event after the intent. It is shown first because the operator waits for it."""
        event = self.show(state, sentence, operation, progress)
        try:
            await self._journal.append(self.release.id, event)
        except JournalError as error:
            self.note_journal_error(error)

    def note_journal_error(self, error: JournalError) -> None:
        """Something not essential could not be recorded; the outcome will say so."""
        self._journal_error = str(error)

    def set_candidate(self, revision: str) -> None:
        """Sets the revision that the release made."""
        self.release = replace(self.release, candidate=revision)

    def set_generation(self, generation: int) -> None:
        """Sets the generation that our write made: an undo applies only while it is the newest."""
        self.release = replace(self.release, generation_after=generation)

    async def end(self, state: ReleaseState, outcome: str, *, recorded: bool = True) -> Release:
        """Ends the release. One that never began is recorded, too, because the operator approved it."""
        now = self._clock.now()
        event = ReleaseEvent(now, state, outcome)
        ended = replace(self.release, state=state, outcome=outcome, ended_at=now, events=(*self.release.events, event))
        try:
            if recorded and not self.begun:
                await self._journal.begin(self.release)
            if recorded:
                await self._journal.finish(ended)
        except JournalError as error:
            self._journal_error = str(error)
        if self._journal_error:
            ended = replace(ended, outcome=f"{outcome}. The journal is incomplete: {self._journal_error}")
        self._set(ended)
        return ended

    async def end_with_internal_error(self, error: Exception) -> Release:
        """Ends the release after a bug, with an unknown result."""
        sentence = f"Internal error ({type(error).__name__}); check the service before doing more"
        return await self.end(ReleaseState.UNKNOWN, sentence)

    def _set(self, release: Release) -> None:
        self.release = release
        self._on_change(release)
