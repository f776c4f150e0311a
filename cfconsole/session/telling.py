"""Tells others of releases: everybody by the shared history, and whoever is on duty when one needs them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases import Release, ReleaseState
from cfconsole.session.ports import ClockPort, Cloud

TELL_WITHIN_S = 5.0
WORTH_A_NOTICE = frozenset(
    {ReleaseState.FAILED, ReleaseState.ROLLED_BACK, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN}
)


class Telling:
    """What could not be told is told again with the next release; nothing here is ever in the way of one."""

    def __init__(self, cloud: Cloud, clock: ClockPort) -> None:
        self._cloud = cloud
        self._clock = clock
        self._untold: dict[str, Release] = {}

    async def tell(self, release: Release, within_s: float = TELL_WITHIN_S) -> None:
        """Writes how a release is to the history of the team."""
        self._untold[release.id] = release
        with contextlib.suppress(TimeoutError, CloudError):
            async with self._clock.timeout(within_s):
                for untold in tuple(self._untold.values()):
                    await self._cloud.history.write(untold)
                    self._untold.pop(untold.id, None)

    async def notify(self, release: Release) -> str:
        """Notifies of an end that needs somebody, and says why nobody could be reached; empty if all is well."""
        notify = self._cloud.notify
        if notify is None or release.state not in WORTH_A_NOTICE:
            return ""
        from cfconsole.domain.notices import Notice

        notice = Notice(release.outcome, release.id, release.plan.service, release.state)
        try:
            async with self._clock.timeout(TELL_WITHIN_S):
                await notify.tell(notice)
        except CloudError as error:
            return error.sentence
        except TimeoutError:
            return f"no answer within {TELL_WITHIN_S:.0f} s"
        return ""

    async def ended(self, release: Release, moved: Callable[[Release], None] = lambda release: None) -> Release:
        """Tells of the end, if it is one; the release says in its outcome if nobody could be notified."""
        if release.ended_at is None:
            return release
        await self.tell(release)
        unreached = await self.notify(release)
        if unreached:
            release = release._replace(outcome=f"{release.outcome}. Nobody could be notified: {unreached}")
            moved(release)
        return release
