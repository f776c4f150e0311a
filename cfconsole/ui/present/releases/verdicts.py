"""The verdicts of the steps of recent releases; the progress of a release holds only that of its current step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.rollout.step_judgement import Judgement

_MAX_VERDICTS = 500


class StepVerdicts:
    """The newest verdict by release and step (counted from 1), bounded in number."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Judgement] = {}

    def note(self, progress: Mapping[str, ReleaseProgress]) -> None:
        for release_id, current in progress.items():
            if current.judgement:
                # Removed first so that it goes to the end: the oldest verdicts are dropped from the start.
                self._newest.pop((release_id, current.step), None)
                self._newest[release_id, current.step] = current.judgement
        while len(self._newest) > _MAX_VERDICTS:
            del self._newest[next(iter(self._newest))]

    def of(self, release_id: str) -> dict[int, Judgement]:
        """The verdicts of one release by step."""
        return {step: judgement for (name, step), judgement in self._newest.items() if name == release_id}
