"""Follows a release that another process carries out, by the journal that both have open."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.releases.model import Release, as_interrupted
from cfconsole.session.ports import ClockPort, SharedJournalPort

LOOK_EVERY_S = 0.2


async def follow_release(
    journal: SharedJournalPort, clock: ClockPort, release_id: str, say: Callable[[str], None], *, told: int = 0
) -> Release | None:
    """The release once it ended, or once nobody carries it out any more. Says each event after the first `told`.

    Raises `JournalError`; `None` where the journal knows no such release.
    """
    position, asked = -1, ""
    while True:
        # Asked first: whoever ends a release keeps its end before letting go of it.
        claimed = await journal.claimed([release_id])
        newest = await journal.position()
        if newest != position or not claimed:
            position = newest
            release = await journal.release(release_id)
            if release is None:
                return None
            for event in release.events[told:]:
                say(event.sentence)
            told = len(release.events)
            if release.ended_at:
                return release
            if not claimed:
                return as_interrupted(release)
        asked = await _asks(journal, release_id, asked, say)
        await clock.sleep(LOOK_EVERY_S)


async def _asks(journal: SharedJournalPort, release_id: str, asked: str, say: Callable[[str], None]) -> str:
    """Says what the release waits for, once."""
    look = (await journal.progress_by_id()).get(release_id)
    if look is None or not look.asks or look.sentence == asked:
        return asked if look and look.asks else ""
    say(look.sentence)
    return look.sentence
