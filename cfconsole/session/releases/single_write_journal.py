"""The journal of a single write, which reports a lost intent and can let a rollback or an undo continue."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.session.ports import JournalError, JournalPort

CONFIRM_WORD = "unrecorded"
"""What the operator types to continue unrecorded."""
ALLOWED_KINDS = frozenset({ReleaseKind.ROLLBACK, ReleaseKind.UNDO})


class SingleWriteJournal:
    """Passes everything on. If the intent can't be recorded, it calls `report_unrecorded` and ends the release.

    With `continue_unrecorded` the release continues, and later records fail with the same error, which its outcome
    then names.
    """

    def __init__(
        self, journal: JournalPort, report_unrecorded: Callable[[], None], *, continue_unrecorded: bool
    ) -> None:
        self._journal = journal
        self._report_unrecorded = report_unrecorded
        self._continue_unrecorded = continue_unrecorded
        self._error = ""

    async def begin(self, release: Release) -> None:
        try:
            await self._journal.begin(release)
        except JournalError as error:
            if release.state is not ReleaseState.RUNNING:
                # It ended before there was anything to write, and is only recorded.
                raise
            self._report_unrecorded()
            if not self._continue_unrecorded:
                raise
            # The operator was warned of this and confirmed it by typing a word.
            self._error = str(error)

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        self._refuse_rest()
        await self._journal.append(release_id, event)

    async def finish(self, release: Release) -> None:
        self._refuse_rest()
        await self._journal.finish(release)

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        return await self._journal.releases(service, limit)

    def _refuse_rest(self) -> None:
        if self._error:
            raise JournalError(self._error)
