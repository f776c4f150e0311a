"""Remembers the verdict of each step that was looked at: the next look tells of the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.rollout.step_judgement import Judgement

_KEPT = 500


class StepVerdicts:
    """The newest verdict by release and step (from 1), of as many steps as a day has."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Judgement] = {}

    def note(self, looks: Mapping[str, ReleaseProgress]) -> None:
        for release_id, look in looks.items():
            if look.judgement:
                # To the end of the order, from the start of which the oldest goes.
                self._newest.pop((release_id, look.step), None)
                self._newest[release_id, look.step] = look.judgement
        while len(self._newest) > _KEPT:
            del self._newest[next(iter(self._newest))]

    def of(self, release_id: str) -> dict[int, Judgement]:
        """The verdicts of one release by step."""
        return {step: judgement for (name, step), judgement in self._newest.items() if name == release_id}
