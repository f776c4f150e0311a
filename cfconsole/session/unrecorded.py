"""The journal of a rollback or an undo that the operator wants also where nothing can be recorded."""

from __future__ import annotations

from cfconsole.domain.releases import Release, ReleaseEvent, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.session.ports import JournalError, JournalPort

WORD = "unrecorded"
"""What the operator types to want it so."""
MAY_BE = frozenset({ReleaseKind.ROLLBACK, ReleaseKind.UNDO})


class Unrecorded:
    """Passes on what the journal takes; what it does not take is on the screen alone."""

    def __init__(self, journal: JournalPort) -> None:
        self._journal = journal
        self._begun = False

    async def begin(self, release: Release) -> None:
        try:
            await self._journal.begin(release)
        except JournalError:
            # The operator was told that this would be so, and typed a word to have it.
            return
        self._begun = True

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        if self._begun:
            await self._journal.append(release_id, event)

    async def finish(self, release: Release) -> None:
        if self._begun:
            await self._journal.finish(release)

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        return await self._journal.releases(service, limit)
