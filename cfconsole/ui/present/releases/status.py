"""How far a release is: one line for the status rule, a few for the detail pane."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, line, width_of, wrapped
from cfconsole.ui.present.releases.progress import ProgressView, candidate_of, progress_view

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

RECENT = timedelta(minutes=10)
"""How long a finished release stays in sight."""
_FAILED_FIRST = timedelta(seconds=60)
_EVENTS = 4
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
    """Whether it is under way, has just ended, or waits for somebody to take it up."""
    return release.ended_at is None or now - release.ended_at < RECENT


def interrupted(release: Release) -> bool:
    """Whether nobody carries it out any more, although it did not end."""
    return release.state is ReleaseState.INTERRUPTED and release.ended_at is None


def most_urgent(releases: tuple[Release, ...], now: datetime) -> Release | None:
    """What the status rule tells: one that just went wrong, one under way, one that has ended, one left behind.

    What went wrong and was followed by another release of its service is over; `releases` are newest first.
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


def status_line(release: Release, now: datetime, width: int, look: ReleaseProgress | None = None) -> Line:
    """The release in one line: what, how far, for how long, and its last word.

    Where that is too narrow the last word comes first, for it has the numbers; the sign still tells how it went.
    """
    style = STATE_SIGNS[release.state]
    how = progress_view(look, now) if release.open else ProgressView()
    last = _last_word(release, how)
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    change, name = change_words(release), release.plan.service.name
    head = f"{style.glyph} {change}: {state_word(release.state)}"
    if not last:
        return line(Span(head, style.style), Span(f" · {passed}"))
    heads = ((head, f" · {passed} · "), (f"{style.glyph} {change}", " · "), (f"{style.glyph} {name}", ": "))
    shown = (line(Span(start, style.style), Span(f"{joint}{last}")) for start, joint in heads)
    least = f"{style.glyph} {name}: " if how.step else f"{style.glyph} "
    return next((each for each in shown if width_of(each) <= width), line(Span(least, style.style), last))


def _last_word(release: Release, how: ProgressView) -> str:
    if how.step:
        return " · ".join(filter(None, (how.step, how.left, how.verdict_text)))
    if interrupted(release):
        return RECOVERY_HINT
    return release.outcome or (release.events[-1].sentence if release.events else "")


def release_lines(release: Release, now: datetime, width: int, seen: ReleaseProgress | None = None) -> list[Line]:
    """The release with its last events, for the detail pane."""
    look = STATE_SIGNS[release.state]
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    head = f" {look.glyph} {change_words(release)}: {state_word(release.state)}"
    rows = [line(Span(head, look.style), Span(f"  {passed} · {release.actor}", "dim"))]
    rows += _steps(progress_view(seen, now) if release.open else ProgressView(), width)
    rows += [line("   ", Span(RECOVERY_HINT, look.style))] if interrupted(release) else []
    for event in release.events[-_EVENTS:]:
        head = f"   {words.clock(event.at)}  "
        first, *more = wrapped(event.sentence, max(10, width - len(head) - 1))
        rows.append(line(Span(head, "dim"), first))
        rows.extend(line(" " * len(head), part) for part in more)
    if release.outcome and (not release.events or release.events[-1].sentence != release.outcome):
        rows.extend(line("   ", Span(part, look.style)) for part in wrapped(release.outcome, max(10, width - 4)))
    return rows


def _steps(how: ProgressView, width: int) -> list[Line]:
    if not how.step:
        return []
    left = f"  {how.left} left" if how.left else ""
    said = wrapped(how.verdict_text, max(10, width - 4))
    return [line("   ", Span(how.step, "accent-strong"), Span(left)), *(line("   ", part) for part in said)]
