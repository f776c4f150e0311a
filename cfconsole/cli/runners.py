"""The processes that carry releases out, as a console starts and watches them. What starts one is loaded then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.cli.scope import Emulator

if TYPE_CHECKING:
    from cfconsole.domain.run_order import RunOrder
    from cfconsole.store.attending import Attending


class RunnerPlace(NamedTuple):
    """What a runner has to know beside its order."""

    journal: Path
    address: Callable[[], Emulator | None]
    """Where the emulator is; `None`: the real cloud. May block."""
    config: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the last words of runners and the marks of onlookers are."""
        return self.journal.parent / "runners"


class Runners:
    """The runners port of a console; while its process lives it looks on at what it was told to."""

    def __init__(self, place: RunnerPlace) -> None:
        self._place = place
        self._attending: Attending | None = None

    async def launch(self, order: RunOrder) -> None:
        """Returns once the release is in the journal. Raises `CloudError`."""
        from cfconsole.cli.runner_start import RunnerStart

        self.look_on(order.release.id)
        await RunnerStart(self._place).launch(order)

    def look_on(self, release_id: str) -> None:
        from cfconsole.store.attending import Attending

        self._attending = self._attending or Attending(self._place.folder)
        # Where no mark can be left the release goes on as if nobody looked on, as it was told to.
        with contextlib.suppress(OSError):
            self._attending.look_on(release_id)

    def look_away(self, release_id: str) -> None:
        if self._attending:
            self._attending.look_away(release_id)

    def close(self) -> None:
        if self._attending:
            self._attending.close()
