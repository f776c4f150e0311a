"""Keeps one release as it moves: in the journal, and for whoever looks on."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.releases import Release, ReleaseEvent, ReleaseState
from cfconsole.session.ports import ClockPort, JournalError, JournalPort


class Record:
    """The current value of a release. What the journal could not keep after the write is said in the outcome."""

    def __init__(
        self, release: Release, journal: JournalPort, clock: ClockPort, moved: Callable[[Release], None]
    ) -> None:
        self.release = release
        self._journal = journal
        self._clock = clock
        self._moved = moved
        self._begun = False
        self._unkept = ""

    def show(self, state: ReleaseState, sentence: str, operation: str = "") -> ReleaseEvent:
        """A step that needs no place on disk yet."""
        event = ReleaseEvent(self._clock.now(), state, sentence, operation)
        self._set(self.release._replace(state=state, events=(*self.release.events, event)))
        return event

    async def begin(self) -> None:
        """Puts the intent on disk. Raises `JournalError`, and then nothing may be written."""
        await self._journal.begin(self.release)
        self._begun = True

    async def move(self, state: ReleaseState, sentence: str, operation: str = "") -> None:
        """A step of a release whose intent is on disk: shown first, for the operator waits for it."""
        event = self.show(state, sentence, operation)
        try:
            await self._journal.append(self.release.id, event)
        except JournalError as error:
            self._unkept = str(error)

    def applied(self, generation: int) -> None:
        """Remembers which generation our write made: an undo holds only while it is the newest."""
        self.release = self.release._replace(generation_after=generation)

    async def end(self, state: ReleaseState, outcome: str, *, kept: bool = True) -> Release:
        """The last step. A release that never began is recorded too, for it was asked for."""
        now = self._clock.now()
        event = ReleaseEvent(now, state, outcome)
        ended = self.release._replace(state=state, outcome=outcome, ended_at=now, events=(*self.release.events, event))
        try:
            if kept and not self._begun:
                await self._journal.begin(self.release)
            if kept:
                await self._journal.finish(ended)
        except JournalError as error:
            self._unkept = str(error)
        if self._unkept:
            ended = ended._replace(outcome=f"{outcome}. The journal is incomplete: {self._unkept}")
        self._set(ended)
        return ended

    def _set(self, release: Release) -> None:
        self.release = release
        self._moved(release)
