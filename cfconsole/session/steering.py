"""What operators wish of a release under way, from this console or from any other by the journal."""

from __future__ import annotations

from datetime import datetime

from cfconsole.domain.rollout_values import Decision, End, Hold, Probe, Rollout, Wish
from cfconsole.session.ports import JournalError, SharedJournalPort


class Steering:
    """The wish that counts now. An abort counts until the end; other wishes until they were carried out once."""

    def __init__(self, journal: SharedJournalPort, release_id: str, wish: Wish = Wish.NONE) -> None:
        self._journal = journal
        self._release_id = release_id
        self._heard = 0
        self._wish = wish

    async def begin(self, left_at: datetime) -> None:
        """What was wished of a release before it was left was heard by whoever carried it then."""
        wishes = await self._journal.wishes(self._release_id)
        self._heard = sum(wished.at <= left_at for wished in wishes)

    async def listen(self) -> JournalError | None:
        """Hears what was wished since; the error where the journal can't be read now."""
        try:
            wishes = await self._journal.wishes(self._release_id)
        except JournalError as error:
            return error
        for wished in wishes[self._heard :]:
            self.wish(wished.wish)
        self._heard = max(self._heard, len(wishes))
        return None

    @property
    def now(self) -> Wish:
        return self._wish

    def wish(self, wish: Wish) -> None:
        if self._wish is not Wish.ABORT:
            self._wish = wish

    def decided(self, before: Rollout, decision: Decision) -> None:
        """Forgets a wish once a decision has carried it out."""
        waits = isinstance(decision, Hold | Probe) and decision.rollout.progress.step == before.progress.step
        if self._wish is not Wish.ABORT and not waits and not isinstance(decision, End):
            self._wish = Wish.NONE
