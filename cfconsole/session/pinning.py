"""Pins a split to the revisions that serve, and takes the pin back; what is written is on disk before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cfconsole.domain.plan_text import show_split
from cfconsole.domain.releases import Plan
from cfconsole.domain.services import Service, short_revision
from cfconsole.domain.splits import same_targets, serves
from cfconsole.domain.traffic import Target
from cfconsole.session.following import End, Following
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.split_writing import write_split

Intend = Callable[[str], Awaitable[None]]
"""Puts on disk what is written next. Raises `JournalError`, and then it is not written."""


class Pin:
    """The split of one service that followed LATEST until now. `plan.after` is the pinned one."""

    def __init__(self, services: ServicesPort, clock: ClockPort, plan: Plan, intend: Intend) -> None:
        self._services = services
        self._clock = clock
        self._plan = plan
        self._intend = intend
        self._latest = ""
        self.held = False
        """Whether the pin was written, or may have been."""

    @property
    def needed(self) -> bool:
        return not same_targets(self._plan.after, self._plan.desired_before)

    @property
    def text(self) -> str:
        return show_split(self._plan.after, self._plan.service.name)

    async def hold(self) -> End:
        """Pins the split, and waits until it serves. Raises `JournalError`: nothing was written."""

        async def intend(service: Service) -> None:
            self._latest = service.latest_ready
            await self._intend(f"pinning the split to {self.text}")
            self.held = True

        return await self._write(self._plan, self._plan.desired_before, "", intend)

    async def put_back(self) -> str:
        """Why the split stays pinned; empty once it is as it was.

        LATEST comes back only where it means the revision that it meant before. Raises `JournalError`.
        """
        before = self._plan.desired_before

        async def intend(service: Service) -> None:
            await self._intend(f"putting back {show_split(before, service.key.name)}")

        end = await self._write(self._plan._replace(after=before), self._plan.after, self._latest, intend)
        self.held = end.how is not Following.EFFECTIVE and not self._as_before(end)
        return end.sentence.partition("\n")[0] if self.held else ""

    def _as_before(self, end: End) -> bool:
        """Cloud Run calls a write of LATEST failed where the newest revision is; it is taken all the same."""
        service = end.service
        if end.how is not Following.REJECTED or service is None:
            return False
        return same_targets(service.desired, self._plan.desired_before) and serves(service, self._plan.after)

    async def _write(
        self, plan: Plan, expected: tuple[Target, ...], latest: str, intend: Callable[[Service], Awaitable[None]]
    ) -> End:
        def check(service: Service) -> str:
            newer = short_revision(service.key.name, service.latest_ready)
            return "" if latest in ("", service.latest_ready) else f"{newer} would serve at once"

        return await write_split(self._services, self._clock, plan, expected, check=check, intend=intend)
