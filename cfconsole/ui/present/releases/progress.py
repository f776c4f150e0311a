"""How far a release in steps is, in a few words: its step, what is left of the bake, and what its verdict rests on."""

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
    """The verdict with its numbers, source and age, or what happens now."""
    asks: bool = False


def progress_view(look: ReleaseProgress | None, now: datetime) -> ProgressView:
    if look is None:
        return ProgressView()
    step = f"{look.step}/{look.steps} {look.label}".rstrip()
    seconds = look.left_at(now)
    judged = look.judgement.sentence if look.judgement else "no requests counted yet"
    # What a look says of a bake has the countdown in it, which stands beside it already.
    # So has the label, before what is said of it.
    said = judged if look.left_s > 0 else look.sentence.removeprefix(f"{look.label}: ")
    old = (now - look.at).total_seconds()
    stale = f" ({int(old)} s old)" if old > _STALE_PROGRESS_S else ""
    return ProgressView(step, countdown(seconds) if seconds > 0 else "", said + stale, look.asks)


def countdown(seconds: float) -> str:
    """`1:32`, rounded up, so that 0:00 is never shown while something is left."""
    minutes, rest = divmod(int(-(-seconds // 1)), 60)
    return f"{minutes}:{rest:02}"


def candidate_of(release: Release) -> str:
    """The revision that takes the traffic, as far as it has a name."""
    told = (event.progress.candidate for event in reversed(release.events) if event.progress)
    return release.candidate or next(filter(None, told), "") or release.plan.target or CANDIDATE


def step_of(release: Release, look: ReleaseProgress | None) -> int:
    """The number of the step under way, from 1; 0 where it is not known."""
    if look:
        return look.step
    return next((event.progress.step + 1 for event in reversed(release.events) if event.progress), 0)
