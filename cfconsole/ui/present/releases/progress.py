"""Progress of a release in steps, in a few words: the step, the rest of the bake, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.fleet.traffic import CANDIDATE

if TYPE_CHECKING:
    # The main screen has the verdicts from its start; the first frame need not wait for what releases are.
    from cfconsole.domain.releases.model import Release
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.rollout.step_judgement import Judgement

_MAX_VERDICTS = 500
"""More than the steps of a day."""
_STALE_PROGRESS_S = 15.0


class ProgressView(Struct, frozen=True):
    step: str = ""
    """`2/5 canary 5 %`."""
    left: str = ""
    """The countdown, `1:32`; empty where nothing counts down."""
    verdict_text: str = ""
    """The verdict with its numbers, source and age, or what the release does now."""
    needs_operator: bool = False


def progress_view(progress: ReleaseProgress | None, now: datetime) -> ProgressView:
    if progress is None:
        return ProgressView()
    step = f"{progress.step}/{progress.steps} {progress.label}".rstrip()
    seconds = progress.left_at(now)
    verdict = progress.judgement.sentence if progress.judgement else "no requests counted yet"
    # The sentence of a bake repeats the countdown and the label, which both stand beside it already.
    text = verdict if progress.left_s > 0 else progress.sentence.removeprefix(f"{progress.label}: ")
    old = (now - progress.at).total_seconds()
    stale = f" ({int(old)} s old)" if old > _STALE_PROGRESS_S else ""
    return ProgressView(step, countdown(seconds) if seconds > 0 else "", text + stale, progress.asks)


def countdown(seconds: float) -> str:
    """`1:32`, rounded up: 0:00 is not shown before the end."""
    minutes, rest = divmod(int(-(-seconds // 1)), 60)
    return f"{minutes}:{rest:02}"


def candidate_of(release: Release) -> str:
    """The new revision of a release, or the word for it while it has no name."""
    reported = (event.progress.candidate for event in reversed(release.events) if event.progress)
    return release.candidate or next(filter(None, reported), "") or release.plan.target or CANDIDATE


def step_of(release: Release, progress: ReleaseProgress | None) -> int:
    """The number of the current step, from 1; 0 if unknown."""
    if progress:
        return progress.step
    return next((event.progress.step + 1 for event in reversed(release.events) if event.progress), 0)


class StepVerdicts:
    """The newest verdict of each step by release and step (from 1): the progress of a release has only the last."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int], Judgement] = {}

    def note(self, progress_by_release: Mapping[str, ReleaseProgress]) -> None:
        for release_id, progress in progress_by_release.items():
            if progress.judgement:
                # To the end of the order: the oldest is dropped from its start.
                self._newest.pop((release_id, progress.step), None)
                self._newest[release_id, progress.step] = progress.judgement
        while len(self._newest) > _MAX_VERDICTS:
            del self._newest[next(iter(self._newest))]

    def of(self, release_id: str) -> dict[int, Judgement]:
        """The verdicts of one release by step."""
        return {step: judgement for (name, step), judgement in self._newest.items() if name == release_id}
