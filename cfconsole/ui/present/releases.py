"""How far a release is: one line for the status rule, a few for the detail pane."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from cfconsole.domain.releases import Release, ReleaseKind, ReleaseState
from cfconsole.domain.services import ServiceKey, short_revision
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, line, width_of, wrapped

RECENT = timedelta(minutes=10)
"""How long a finished release stays in sight."""
_EVENTS = 4


class _Look(NamedTuple):
    glyph: str
    style: str


_LOOKS = {
    ReleaseState.PLANNED: _Look("○", "accent-strong"),
    ReleaseState.RUNNING: _Look("▶", "accent-strong"),
    ReleaseState.VERIFYING: _Look("◔", "accent-strong"),
    ReleaseState.SUCCEEDED: _Look("✓", "good-strong"),
    ReleaseState.ROLLED_BACK: _Look("↩", "warn-strong"),
    ReleaseState.FAILED: _Look("✖", "bad-strong"),
    ReleaseState.ABORTED: _Look("✖", "warn-strong"),
    ReleaseState.INTERRUPTED: _Look("‖", "warn-strong"),
    ReleaseState.SUPERSEDED: _Look("‖", "warn-strong"),
    ReleaseState.UNKNOWN: _Look("?", "bad-strong"),
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
}


def state_word(state: ReleaseState) -> str:
    return state.value.replace("_", " ")


def release_of(key: ServiceKey, releases: tuple[Release, ...], now: datetime) -> Release | None:
    """The newest release of a service while it is under way or has just ended."""
    newest = next((release for release in releases if release.plan.service == key), None)
    return newest if newest and in_sight(newest, now) else None


def in_sight(release: Release, now: datetime) -> bool:
    return release.open or (release.ended_at is not None and now - release.ended_at < RECENT)


def change_words(release: Release) -> str:
    """`roll back orders-api 00042 → 00041`, as far as the plan names revisions."""
    plan = release.plan
    name = plan.service.name
    moved = [short_revision(name, revision) for revision in (plan.bad, plan.target) if revision]
    return " ".join(filter(None, (KIND_WORDS[plan.kind], name, " → ".join(moved))))


def status_line(release: Release, now: datetime, width: int) -> Line:
    """The release in one line: what, how far, for how long, and its last word.

    Where that is too narrow the last word comes first, for it has the numbers; the sign still tells how it went.
    """
    look = _LOOKS[release.state]
    last = release.outcome or (release.events[-1].sentence if release.events else "")
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    change, name = change_words(release), release.plan.service.name
    head = f"{look.glyph} {change}: {state_word(release.state)}"
    if not last:
        return line(Span(head, look.style), Span(f" · {passed}"))
    heads = ((head, f" · {passed} · "), (f"{look.glyph} {change}", " · "), (f"{look.glyph} {name}", ": "))
    shown = (line(Span(start, look.style), Span(f"{joint}{last}")) for start, joint in heads)
    return next((each for each in shown if width_of(each) <= width), line(Span(f"{look.glyph} ", look.style), last))


def progress(release: Release, now: datetime, width: int) -> list[Line]:
    """The release with its last events, for the detail pane."""
    look = _LOOKS[release.state]
    passed = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    head = f" {look.glyph} {change_words(release)}: {state_word(release.state)}"
    rows = [line(Span(head, look.style), Span(f"  {passed} · {release.actor}", "dim"))]
    for event in release.events[-_EVENTS:]:
        head = f"   {words.clock(event.at)}  "
        first, *more = wrapped(event.sentence, max(10, width - len(head) - 1))
        rows.append(line(Span(head, "dim"), first))
        rows.extend(line(" " * len(head), part) for part in more)
    if release.outcome and (not release.events or release.events[-1].sentence != release.outcome):
        rows.extend(line("   ", Span(part, look.style)) for part in wrapped(release.outcome, max(10, width - 4)))
    return rows
