"""Reads the releases that the team's consoles have published. They are for display; errors stay without effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.session.ports import ClockPort, HistoryPort
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import TeamReleasesRead
from cfconsole.session.watch.concurrent_calls import gather_outcomes

if TYPE_CHECKING:
    from cfconsole.domain.releases.team import TeamRelease

FIRST_AFTER_S = 5.0
"""The data of the first screen are read before."""
EVERY_S = 120.0
SINCE = timedelta(days=7)


class TeamHistoryReader:
    """Reads the history of all projects of one console."""

    def __init__(self, history: HistoryPort, store: StateStore, clock: ClockPort, projects: Sequence[str]) -> None:
        self._history = history
        self._store = store
        self._clock = clock
        self._projects = tuple(projects)
        self._begun = False

    async def read(self) -> float:
        """Posts the releases of all projects. Those of a project whose history can't be read stay as they were."""
        if not self._begun:
            self._begun = True
            return FIRST_AFTER_S
        since = self._clock.now() - SINCE
        outcomes = await gather_outcomes(self._history.read(project, since=since) for project in self._projects)
        found: list[TeamRelease] = []
        for project, outcome in zip(self._projects, outcomes, strict=True):
            if isinstance(outcome, CloudError):
                found += [known for known in self._store.state.team if known.service.project == project]
            else:
                found += outcome
        found.sort(key=lambda release: (release.started_at, release.id), reverse=True)
        self._store.post(TeamReleasesRead(tuple(found)))
        return EVERY_S
