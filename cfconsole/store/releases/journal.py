"""The journal of releases. All calls run on one thread, and a write returns when it is on disk.

The first call loads SQLite and opens the file, so the start of the console does not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.store.releases.leases import Claims

if TYPE_CHECKING:
    from cfconsole.domain.releases.model import Release, ReleaseEvent
    from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
    from cfconsole.store.releases.journal_connection import JournalConnection
    from cfconsole.store.releases.journal_file import JournalFile

LOCK_WAIT_S = 5.0
"""How long a call waits for another process to unlock the journal."""

T = TypeVar("T")


class Journal:
    """The journal in one file, which several processes may use at once. Every method raises `JournalError`."""

    def __init__(self, file: Path, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self._file = file
        self._lock_wait_s = lock_wait_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._claims = Claims(file.parent / "carried")
        self._connection: JournalConnection | None = None
        self._closed = False

    async def begin(self, release: Release) -> None:
        """Claims a release for this process and records its start; returns only when the record is on disk."""
        await self._do(lambda journal: self._begin(journal, release))

    async def claim(self, release_id: str) -> Release | None:
        """Claims the release for this process. `None` where it has ended or another process has claimed it."""
        return await self._do(lambda journal: self._claim(journal, release_id))

    async def release_claim(self, release_id: str) -> None:
        """Gives up the claim on a release that has not ended. Raises nothing."""
        await self._on_thread(lambda: self._claims.give_back(release_id))

    async def claimed(self, release_ids: Iterable[str]) -> frozenset[str]:
        """Those that a running process of this machine has claimed."""
        ids = tuple(release_ids)
        return await self._do(lambda journal: self._claims.claimed(ids))

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        """Adds an event to a release."""
        await self._do(lambda journal: journal.append(release_id, event))

    async def finish(self, release: Release) -> None:
        """Records the end of a release, with all its events."""
        await self._do(lambda journal: self._finish(journal, release))

    async def add_command(self, release_id: str, record: CommandRecord) -> None:
        """Adds a command for the process that runs the release."""
        await self._do(lambda journal: journal.add_command(release_id, record))

    async def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        """All commands to a release, oldest first."""
        return await self._do(lambda journal: journal.commands(release_id))

    async def show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        """Stores the progress of a release for other processes, in place of the progress before."""
        await self._do(lambda journal: journal.set_progress(release_id, progress))

    async def progress_by_id(self) -> Mapping[str, ReleaseProgress]:
        """The progress of the releases that have not ended, by id."""
        return await self._do(lambda journal: journal.progress_by_id())

    async def position(self) -> int:
        """A number that grows with every record of any process."""
        return await self._do(lambda journal: journal.position())

    async def release(self, release_id: str) -> Release | None:
        return await self._do(lambda journal: journal.release(release_id))

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        """The newest releases first. One that never ended has the state of its last event."""
        return await self._do(lambda journal: journal.releases(service, limit))

    async def verify_chain(self) -> int:
        """The number of events. Raises `JournalError` with the number of the first one that was changed."""
        count, broken = await self._do(lambda journal: journal.broken_at())
        if broken:
            raise JournalError(
                f"The journal {self._file} was changed after it was written: event {broken} does not match its hash."
                " Keep the file as evidence and move it away to start a new one."
            )
        return count

    async def aclose(self) -> None:
        """Closes the file once running calls are done; the journal can't be used afterwards."""
        if not self._closed:
            self._closed = True
            await self._on_thread(self._close)
            self._claims.close()
            self._thread.shutdown()

    def _begin(self, journal: JournalFile, release: Release) -> None:
        # The lease comes first, so that no process finds a running release without a claim.
        mine = self._claims.has(release.id)
        if not mine and not self._claims.take(release.id):
            raise JournalError(f"Release {release.id} is already carried out by another process.")
        try:
            journal.begin(release)
        except BaseException:
            if not mine:
                self._claims.give_back(release.id)
            raise

    def _claim(self, journal: JournalFile, release_id: str) -> Release | None:
        if not journal.knows(release_id) or not self._claims.take(release_id):
            return None
        release = journal.release(release_id)
        if release and release.ended_at is None:
            return release
        self._claims.give_back(release_id)
        return None

    def _finish(self, journal: JournalFile, release: Release) -> None:
        journal.finish(release)
        self._claims.give_back(release.id)

    async def _do(self, work: Callable[[JournalFile], T]) -> T:
        if self._closed:
            raise JournalError(f"The journal {self._file} is already closed; restart the console.")
        return await self._on_thread(lambda: self._connect().run(work))

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _connect(self) -> JournalConnection:
        if self._connection is None:
            # On the journal's own thread, loading SQLite does not block the event loop.
            from cfconsole.store.releases.journal_connection import JournalConnection

            self._connection = JournalConnection(self._file, self._lock_wait_s)
        return self._connection

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
