"""Makes a release of an approved plan, and keeps it as it moves: in the journal, and for whoever watches."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from cfconsole.domain.releases.model import Approval, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.steps import Progress
from cfconsole.session.ports import ClockPort, JournalError, JournalPort


def new_release(approval: Approval, actor: str, at: datetime) -> Release:
    """A release in its first state, which only an approved plan can become; its id sorts by time."""
    return Release(f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", approval.plan, actor, at)


class ReleaseRecord:
    """The current value of a release. What the journal could not keep after the write is said in the outcome."""

    def __init__(
        self,
        release: Release,
        journal: JournalPort,
        clock: ClockPort,
        on_change: Callable[[Release], None],
        *,
        begun: bool = False,
    ) -> None:
        """`begun`: the release is in the journal already, for it is taken up again."""
        self.release = release
        self._journal = journal
        self._clock = clock
        self._on_change = on_change
        self.begun = begun
        self._journal_error = ""

    def show(
        self, state: ReleaseState, sentence: str, operation: str = "", progress: Progress | None = None
    ) -> ReleaseEvent:
        """A step that needs no place on disk yet."""
        event = ReleaseEvent(self._clock.now(), state, sentence, operation, progress)
        self._set(replace(self.release, state=state, events=(*self.release.events, event)))
        return event

    async def begin(self) -> None:
        """Puts the intent on disk. Raises `JournalError`, and then nothing may be written."""
        await self._journal.begin(self.release)
        self.begun = True

    async def intend(self, state: ReleaseState, sentence: str, progress: Progress) -> None:
        """Puts on disk what is written next. Raises `JournalError`, and then it may not be written."""
        await self._journal.append(self.release.id, self.show(state, sentence, progress=progress))

    async def move(
        self, state: ReleaseState, sentence: str, operation: str = "", progress: Progress | None = None
    ) -> None:
        """A step of a release whose intent is on disk: shown first, for the operator waits for it."""
        event = self.show(state, sentence, operation, progress)
        try:
            await self._journal.append(self.release.id, event)
        except JournalError as error:
            self.note_journal_error(error)

    def note_journal_error(self, error: JournalError) -> None:
        """Something that nothing depends on could not be kept; the outcome says so."""
        self._journal_error = str(error)

    def set_candidate(self, revision: str) -> None:
        """Remembers the revision that the release made."""
        self.release = replace(self.release, candidate=revision)

    def set_generation(self, generation: int) -> None:
        """Remembers which generation our write made: an undo holds only while it is the newest."""
        self.release = replace(self.release, generation_after=generation)

    async def end(self, state: ReleaseState, outcome: str, *, recorded: bool = True) -> Release:
        """The last step. A release that never began is recorded too, for it was asked for."""
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
        """The end after a mistake in our own code: what it left is not known."""
        sentence = f"Internal error ({type(error).__name__}); check the service before doing more"
        return await self.end(ReleaseState.UNKNOWN, sentence)

    def _set(self, release: Release) -> None:
        self.release = release
        self._on_change(release)
