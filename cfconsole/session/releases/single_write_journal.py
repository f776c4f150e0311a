"""The journal of a single write: tells that it did not take the intent, and lets a rollback or an undo go on then."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.session.ports import JournalError, JournalPort

CONFIRM_WORD = "unrecorded"
"""What the operator types to want it so."""
ALLOWED_KINDS = frozenset({ReleaseKind.ROLLBACK, ReleaseKind.UNDO})


class SingleWriteJournal:
    """Passes everything on. `unkept` is called when the intent was not taken, which ends the release unless `go_on`.

    Of a release that goes on, everything else is refused with the same words: so its outcome says what is missing.
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
                # It ended before there was anything to write, and is only to be remembered.
                raise
            self._report_unrecorded()
            if not self._continue_unrecorded:
                raise
            # The operator was told that this would be so, and typed a word to have it.
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
