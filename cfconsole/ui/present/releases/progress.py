"""Progress of a release in steps, in a few words: the step, the rest of the bake, and the verdict."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.fleet.traffic import CANDIDATE
from cfconsole.domain.releases.model import Release

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

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
