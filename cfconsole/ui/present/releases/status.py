"""A release in one line for the status rule, and in a few for the detail pane."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, line, width_of, wrap
from cfconsole.ui.present.releases.progress import ProgressView, candidate_of, progress_view

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

RECENT = timedelta(minutes=10)
"""How long a finished release stays on screen."""
_FAILED_FIRST = timedelta(seconds=60)
_EVENTS = 4
_FAILED = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.ABORTED, ReleaseState.FAILED})
_WITH_NEW_REVISION = frozenset({ReleaseKind.DEPLOY, ReleaseKind.RESTART})
_ALARMING = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.FAILED, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN})
RECOVERY_HINT = "press r, then enter: resume, abort or leave it"


class StateSign(NamedTuple):
    glyph: str
    style: str


STATE_SIGNS = {
    ReleaseState.PLANNED: StateSign("○", "accent-strong"),
    ReleaseState.RUNNING: StateSign("▶", "accent-strong"),
    ReleaseState.VERIFYING: StateSign("◔", "accent-strong"),
    ReleaseState.SUCCEEDED: StateSign("✓", "good-strong"),
    ReleaseState.ROLLED_BACK: StateSign("↩", "warn-strong"),
    ReleaseState.FAILED: StateSign("✖", "bad-strong"),
    ReleaseState.ABORTED: StateSign("✖", "warn-strong"),
    ReleaseState.INTERRUPTED: StateSign("‖", "warn-strong"),
    ReleaseState.SUPERSEDED: StateSign("‖", "warn-strong"),
    ReleaseState.UNKNOWN: StateSign("?", "bad-strong"),
}

KIND_WORDS = {
    ReleaseKind.ROLLBACK: "roll back",
    ReleaseKind.TO_LATEST: "all to latest",
    ReleaseKind.UNDO: "undo",
    ReleaseKind.DEPLOY: "deploy",
    ReleaseKind.SHIFT: "split",
    ReleaseKind.PROMOTE: "promote",
    ReleaseKind.SCALE: "scale",
    ReleaseKind.RESTART: "restart",
    ReleaseKind.DELETE: "delete",
}


def state_word(state: ReleaseState) -> str:
    return state.value.replace("_", " ")


def release_of(key: ServiceKey, releases: tuple[Release, ...], now: datetime) -> Release | None:
    """The newest release of a service while it is under way or has just ended."""
    newest = next((release for release in releases if release.plan.service == key), None)
    return newest if newest and in_sight(newest, now) else None


def in_sight(release: Release, now: datetime) -> bool:
    """Whether it is open, interrupted, or ended a short time ago."""
    return release.ended_at is None or now - release.ended_at < RECENT


def interrupted(release: Release) -> bool:
    """Whether its process is gone although it has not ended."""
    return release.state is ReleaseState.INTERRUPTED and release.ended_at is None


def failed_revision(release: Release) -> str:
    """The new revision of a release that ended badly; empty if there is none."""
    return release.promoted if release.state in _FAILED and release.plan.kind in _WITH_NEW_REVISION else ""


def should_ring(before: ConsoleState, after: ConsoleState) -> bool:
    """Whether the terminal's bell rings: between these states a release failed or began to need its operator."""
    if before.releases is not after.releases:
        was_open = {release.id for release in before.releases if release.open}
        if any(release.state in _ALARMING and release.id in was_open for release in after.releases):
            return True
    if before.progress is after.progress:
        return False
    waiting = {release_id for release_id, progress in before.progress.items() if progress.asks}
    return any(progress.asks and release_id not in waiting for release_id, progress in after.progress.items())


def most_urgent(releases: tuple[Release, ...], now: datetime) -> Release | None:
    """The release to show in the status rule: one that just failed, else an open, a finished, an interrupted one.

    A failure no longer counts once its service has a newer release. `releases` are sorted newest first.
    """
    newest = {release.plan.service: release.id for release in reversed(releases)}

    def rank(release: Release) -> int:
        if release.open:
            return 1
        if release.ended_at is None:
            return 3
        failed = release.state is not ReleaseState.SUCCEEDED and now - release.ended_at < _FAILED_FIRST
        return 0 if failed and newest[release.plan.service] == release.id else 2

    return min((release for release in releases if in_sight(release, now)), key=rank, default=None)


def change_words(release: Release) -> str:
    """`roll back orders-api 00042 → 00041`, as far as the plan names revisions."""
    plan = release.plan
    name = plan.service.name
    target = candidate_of(release) if plan.steps else plan.target
    moved = [short_revision(name, revision) for revision in (plan.bad, target) if revision]
    return " ".join(filter(None, (KIND_WORDS[plan.kind], name, " → ".join(moved))))


def status_line(release: Release, now: datetime, width: int, progress: ReleaseProgress | None = None) -> Line:
    """The release in one line: its change, its state, its duration and its last sentence.

    A narrow line drops the rest before the last sentence, which has the numbers; the sign still shows the state.
    """
    style = STATE_SIGNS[release.state]
    view = progress_view(progress, now) if release.open else ProgressView()
    last = _last_sentence(release, view)
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    change, name = change_words(release), release.plan.service.name
    head = f"{style.glyph} {change}: {state_word(release.state)}"
    if not last:
        return line(Span(head, style.style), Span(f" · {passed}"))
    heads = ((head, f" · {passed} · "), (f"{style.glyph} {change}", " · "), (f"{style.glyph} {name}", ": "))
    lines = (line(Span(start, style.style), Span(f"{joint}{last}")) for start, joint in heads)
    shortest = f"{style.glyph} {name}: " if view.step else f"{style.glyph} "
    return next((each for each in lines if width_of(each) <= width), line(Span(shortest, style.style), last))


def _last_sentence(release: Release, view: ProgressView) -> str:
    if view.step:
        return " · ".join(filter(None, (view.step, view.left, view.verdict_text)))
    if interrupted(release):
        return RECOVERY_HINT
    return release.outcome or (release.events[-1].sentence if release.events else "")


def release_lines(release: Release, now: datetime, width: int, progress: ReleaseProgress | None = None) -> list[Line]:
    """The release with its last events, for the detail pane."""
    sign = STATE_SIGNS[release.state]
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    head = f" {sign.glyph} {change_words(release)}: {state_word(release.state)}"
    rows = [line(Span(head, sign.style), Span(f"  {passed} · {release.actor}", "dim"))]
    rows += _steps(progress_view(progress, now) if release.open else ProgressView(), width)
    rows += [line("   ", Span(RECOVERY_HINT, sign.style))] if interrupted(release) else []
    for event in release.events[-_EVENTS:]:
        head = f"   {words.clock(event.at)}  "
        first, *more = wrap(event.sentence, max(10, width - len(head) - 1))
        rows.append(line(Span(head, "dim"), first))
        rows.extend(line(" " * len(head), part) for part in more)
    if release.outcome and (not release.events or release.events[-1].sentence != release.outcome):
        rows.extend(line("   ", Span(part, sign.style)) for part in wrap(release.outcome, max(10, width - 4)))
    return rows


def _steps(view: ProgressView, width: int) -> list[Line]:
    if not view.step:
        return []
    left = f"  {view.left} left" if view.left else ""
    reason = wrap(view.verdict_text, max(10, width - 4))
    return [line("   ", Span(view.step, "accent-strong"), Span(left)), *(line("   ", part) for part in reason)]
