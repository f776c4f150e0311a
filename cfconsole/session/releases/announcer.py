"""Announces releases: publishes them to the team's history, and notifies the on-call of an end that needs attention."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.notices import Notice
from cfconsole.session.ports import ClockPort, Cloud

ANNOUNCE_WITHIN_S = 5.0
PAGED_STATES = frozenset({ReleaseState.FAILED, ReleaseState.ROLLED_BACK, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN})


class Announcer:
    """A release that could not be published is published with the next one. Nothing waits longer than the limit."""

    def __init__(self, cloud: Cloud, clock: ClockPort) -> None:
        self._cloud = cloud
        self._clock = clock
        self._unpublished: dict[str, Release] = {}

    async def publish(self, release: Release, within_s: float = ANNOUNCE_WITHIN_S) -> None:
        """Writes the state of a release to the team's history."""
        self._unpublished[release.id] = release
        with contextlib.suppress(TimeoutError, CloudError):
            async with self._clock.timeout(within_s):
                for late in tuple(self._unpublished.values()):
                    await self._cloud.history.write(late)
                    self._unpublished.pop(late.id, None)

    async def page(self, release: Release) -> str:
        """Notifies the on-call of an end that needs attention. Returns why that failed, or an empty string."""
        if release.state not in PAGED_STATES:
            return ""
        notify = self._cloud.notify
        if notify is None:
            return ""
        notice = Notice(release.outcome, release.id, release.plan.service, release.state)
        try:
            async with self._clock.timeout(ANNOUNCE_WITHIN_S):
                await notify.send(notice)
        except CloudError as error:
            return error.sentence
        except TimeoutError:
            return f"no answer within {ANNOUNCE_WITHIN_S:.0f} s"
        return ""

    async def announce_end(
        self, release: Release, on_change: Callable[[Release], None] = lambda release: None
    ) -> Release:
        """Publishes an ended release and notifies the on-call. If that fails, the outcome says so."""
        if release.ended_at is None:
            return release
        await self.publish(release)
        unreached = await self.page(release)
        if unreached:
            release = replace(release, outcome=f"{release.outcome}. Notification failed: {unreached}")
            on_change(release)
        return release
