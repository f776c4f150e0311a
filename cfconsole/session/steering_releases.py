"""What a console does to releases it did not start, or started before: wishes, and taking up what was left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.domain.release_watch import ReleaseProgress, Wished
from cfconsole.domain.releases import Approval, Refusal, RefusalReason, Release
from cfconsole.domain.rollout_values import Wish
from cfconsole.session.approvals import approve
from cfconsole.session.live_state import LiveState
from cfconsole.session.ports import ClockPort, JournalError
from cfconsole.session.release_group import ReleaseGroup
from cfconsole.session.release_ports import ReleasePorts
from cfconsole.session.settings import SessionSettings, why_read_only
from cfconsole.session.updates import JournalRead, ReleaseLooked, ReleaseMoved

if TYPE_CHECKING:
    from cfconsole.domain.recovery import Recovery

_READ_ONLY = why_read_only("steer releases")


class ReleaseSteering:
    """Made for one action of the operator."""

    def __init__(
        self, group: ReleaseGroup, ports: ReleasePorts, live: LiveState, clock: ClockPort, settings: SessionSettings
    ) -> None:
        self._group = group
        self._ports = ports
        self._live = live
        self._clock = clock
        self._settings = settings

    def wish(self, release_id: str, wish: Wish) -> None:
        """Leaves word in the journal for whoever carries the release out, this process included."""
        release = self._known(release_id)
        if self._settings.read_only:
            self._say(release_id, _READ_ONLY)
        elif release is not None and release.open:
            self._group.run(f"wish {release_id}", self._leave_word(release_id, wish))

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about a release whose process is gone, from a fresh read."""
        from cfconsole.session.recovering import read_recovery

        release = self._known(release_id)
        if release is None or release.open or release.ended_at:
            return Refusal(RefusalReason.NOT_FOUND, f"release {release_id} needs nobody to take it up")
        return await read_recovery(self._ports.cloud, self._clock, release)

    async def recover(self, release_id: str, wish: Wish, typed: str) -> Refusal | None:
        """`GO_ON` resumes, `ABORT` puts back what served before, `NONE` leaves all as it is and ends the release."""
        release = self._known(release_id)
        if release is None or release.open or release.ended_at:
            return Refusal(RefusalReason.NOT_FOUND, f"release {release_id} needs nobody to take it up")
        approval = self._approved(release, wish, typed)
        if isinstance(approval, Refusal):
            return approval
        try:
            return await self._taken_up(release, approval, wish)
        except JournalError as error:
            return Refusal(RefusalReason.JOURNAL, str(error))

    async def _taken_up(self, release: Release, approval: Approval | None, wish: Wish) -> Refusal | None:
        from cfconsole.session.recovering import choose, leave, take_up

        ports = self._ports
        if approval is None:
            left = await leave(ports.journal, self._clock, release.id)
            if isinstance(left, Refusal):
                return left
            self._live.post(ReleaseMoved(left))
            return None
        if ports.runners:
            from cfconsole.domain.run_order import RunOrder

            ports.runners.look_on(release.id)
            try:
                await ports.runners.launch(RunOrder(release, approval.how, wish=wish))
            except CloudError as error:
                ports.runners.look_away(release.id)
                return Refusal(RefusalReason.CHANGED, error.sentence)
            return None
        taken = await take_up(ports.journal, release.id)
        if isinstance(taken, Refusal):
            return taken
        record = self._group.record_of(taken, ports.journal, begun=True)
        found = await choose(ports.cloud, ports.journal, self._clock, record, wish)
        if isinstance(found, Refusal):
            return found
        if isinstance(found, Release):
            return None
        self._live.post(JournalRead((taken,), frozenset({taken.id})))
        self._group.go_on(record, found, Wish.ABORT if wish is Wish.ABORT else Wish.NONE, ports)
        return None

    def _approved(self, release: Release, wish: Wish, typed: str) -> Approval | Refusal | None:
        """`None`: nothing is to be written, so nothing has to be approved."""
        if wish is Wish.NONE and not self._settings.read_only:
            return None
        guard = self._settings.guard(release.plan.kind)
        plan = release.plan._replace(must_name="")
        return approve(plan, guard, read_only=self._settings.read_only, typed=typed, at=self._clock.now())

    async def _leave_word(self, release_id: str, wish: Wish) -> None:
        rolling = self._group.rolling(release_id)
        try:
            await self._ports.journal.wish(release_id, Wished(wish, self._settings.actor, self._clock.now()))
        except JournalError as error:
            if rolling:
                rolling.wish(wish)
            else:
                self._say(release_id, f"the wish could not be left in the journal: {error}")
            return
        if rolling:
            rolling.wake()

    def _say(self, release_id: str, sentence: str) -> None:
        look = self._live.now.looks.get(release_id) or ReleaseProgress(self._clock.now(), 1, 1, "", "")
        self._live.post(ReleaseLooked(release_id, look._replace(at=self._clock.now(), sentence=sentence)))

    def _known(self, release_id: str) -> Release | None:
        return next((release for release in self._live.now.releases if release.id == release_id), None)
