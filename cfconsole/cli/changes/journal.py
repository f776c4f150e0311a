"""The journal of a command: nothing is changed without a record, except with `--unrecorded`."""

from __future__ import annotations

import json

from msgspec.structs import replace

from cfconsole.cli.changes.outcome import Failure, plan_row
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_note, rfc3339
from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.session.ports import ClockPort, JournalPort


class CommandJournal:
    """A journal that, with `unrecorded`, prints to stderr the intents that it can't store."""

    def __init__(self, journal: JournalPort, *, unrecorded: bool) -> None:
        self._journal = journal
        self._unrecorded = unrecorded
        self._on_disk: set[str] = set()
        self._stderr_only: set[str] = set()
        """Releases whose intent was only printed to stderr."""
        self.refused: dict[str, str] = {}
        """Why the intent of a release was not stored, by release id. Nothing was written for these."""

    async def begin(self, release: Release) -> None:
        try:
            await self._journal.begin(release)
        except JournalError as error:
            if not self._unrecorded:
                self.refused[release.id] = str(error)
                raise
            self._stderr_only.add(release.id)
            print_unrecorded(release, str(error))
        else:
            self._on_disk.add(release.id)

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        if release_id in self._on_disk:
            await self._journal.append(release_id, event)

    async def finish(self, release: Release) -> None:
        if release.id in self._on_disk:
            await self._journal.finish(release)

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        """The history. With `unrecorded`, one that can't be read is empty."""
        try:
            return await self._journal.releases(service, limit)
        except JournalError as error:
            if not self._unrecorded:
                raise
            print_note(f"cfconsole: planned without history: {error}")
            return ()

    async def interrupted(self, release: Release, clock: ClockPort) -> Release | Failure | None:
        """Records that the release is no longer followed. `None`: no intent was stored, so nothing was written."""
        if release.id in self._stderr_only:
            return Failure("interrupted and not recorded; check the service before doing anything else", Exit.UNKNOWN)
        if release.id not in self._on_disk:
            return None
        sentence = f"interrupted while {release.state}; the change may still take effect"
        event = ReleaseEvent(clock.now(), ReleaseState.INTERRUPTED, sentence)
        try:
            await self._journal.append(release.id, event)
        except JournalError as error:
            return Failure(f"{sentence}. The journal is incomplete: {error}", Exit.UNKNOWN)
        return replace(release, state=event.state, events=(*release.events, event))


def print_unrecorded(release: Release, why: str) -> None:
    """Prints a release that the journal could not store to stderr, where it can be captured."""
    print_note(f"cfconsole: unrecorded: {why}")
    print_note(json.dumps(_intent(release), ensure_ascii=False))


def _intent(release: Release) -> dict[str, object]:
    return {
        "release": release.id,
        "service": str(release.plan.service),
        "kind": str(release.plan.kind),
        "actor": release.actor,
        "started_at": rfc3339(release.started_at),
        "plan": plan_row(release.plan),
    }
