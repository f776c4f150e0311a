"""Follows the journal, which shows releases of other processes here, and notices when such a process has died."""

from __future__ import annotations

from cfconsole.domain.releases.model import Release
from cfconsole.session.ports import ClockPort, JournalError, RunnersPort, SharedJournalPort
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import JournalRead

READ_EVERY_S = 1.0
IDLE_EVERY_S = 5.0


class JournalFollower:
    """Reads the journal again when it has grown, and checks which releases under way are claimed."""

    def __init__(
        self, journal: SharedJournalPort, store: StateStore, clock: ClockPort, runners: RunnersPort | None = None
    ) -> None:
        self._journal = journal
        self._store = store
        self._clock = clock
        self._runners = runners
        self._position = -1
        self._releases: tuple[Release, ...] = ()
        self._watched: frozenset[str] = frozenset()

    async def run(self) -> None:
        while True:
            try:
                claimed = await self._read()
            except JournalError:
                # An unreadable journal is reported when a release is to be recorded in it.
                claimed = frozenset()
                self._store.post(JournalRead(()))
            await self._clock.sleep(READ_EVERY_S if claimed else IDLE_EVERY_S)

    async def _read(self) -> frozenset[str]:
        """Posts what is new. Returns the claimed releases that are under way."""
        claimed = await self._read_claims()
        if not self._releases:
            return claimed
        progress = await self._journal.progress_by_id() if claimed else {}
        self._store.post(JournalRead(self._releases, claimed, progress))
        self._watch(claimed)
        return claimed

    async def _read_claims(self) -> frozenset[str]:
        """Reads what is new. A release that ends between two reads must not look as if its process had died."""
        while True:
            position = await self._journal.position()
            if position != self._position:
                self._releases = await self._journal.releases()
                self._position = position
            under_way = frozenset(release.id for release in self._releases if release.ended_at is None)
            claimed = await self._journal.claimed(under_way) if under_way else frozenset()
            if claimed == under_way or await self._journal.position() == position:
                return claimed

    def _watch(self, claimed: frozenset[str]) -> None:
        """Tells the runners which releases are watched here."""
        if self._runners is None:
            return
        for release_id in claimed - self._watched:
            self._runners.watch(release_id)
        for release_id in self._watched - claimed:
            self._runners.unwatch(release_id)
        self._watched = claimed
