"""Follows a release that another process carries out, through the shared journal."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.releases.model import Release, as_interrupted
from cfconsole.session.ports import ClockPort, SharedJournalPort

POLL_EVERY_S = 0.2


async def follow_release(
    journal: SharedJournalPort, clock: ClockPort, release_id: str, say: Callable[[str], None], *, seen: int = 0
) -> Release | None:
    """The release once it ended, or once nobody carries it out any more. Says each event after the first `seen`.

    Raises `JournalError`; `None` where the journal knows no such release.
    """
    position, question = -1, ""
    while True:
        # Read first: a process stores the end of a release before it gives up its claim.
        claimed = await journal.claimed([release_id])
        newest = await journal.position()
        if newest != position or not claimed:
            position = newest
            release = await journal.release(release_id)
            if release is None:
                return None
            for event in release.events[seen:]:
                say(event.sentence)
            seen = len(release.events)
            if release.ended_at:
                return release
            if not claimed:
                return as_interrupted(release)
        question = await _say_question(journal, release_id, question, say)
        await clock.sleep(POLL_EVERY_S)


async def _say_question(journal: SharedJournalPort, release_id: str, question: str, say: Callable[[str], None]) -> str:
    """Prints a question of the release once. Returns the last question."""
    progress = (await journal.progress_by_id()).get(release_id)
    if progress is None or not progress.asks or progress.sentence == question:
        return question if progress and progress.asks else ""
    say(progress.sentence)
    return progress.sentence
