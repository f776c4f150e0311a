"""Releases of other consoles, from the shared history: a row of the table, and the detail of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.split_text import format_split
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, left, line, right, wrap
from cfconsole.ui.present.releases.status import KIND_WORDS, STATE_SIGNS, StateSign, interrupted, state_word
from cfconsole.ui.present.releases.table import AGE, LEFT, STATE, ReleaseColumns

_SILENT = timedelta(minutes=45)
"""Longer than any default step: a console without a report for this long may be gone."""


def merge_releases(own: Sequence[Release], team: Sequence[TeamRelease]) -> tuple[Release | TeamRelease, ...]:
    """Open ones of this console first, then interrupted ones and open ones of others, then the rest; newest first."""
    known = {release.id for release in own}
    every: list[Release | TeamRelease] = [*own, *(release for release in team if release.id not in known)]
    every.sort(key=lambda one: one.started_at, reverse=True)
    return tuple(sorted(every, key=_rank))


def _rank(one: Release | TeamRelease) -> int:
    if isinstance(one, TeamRelease):
        return 1 if one.open else 2
    return 0 if one.open else 1 if interrupted(one) else 2


def team_row(release: TeamRelease, now: datetime, widths: ReleaseColumns) -> Line:
    sign, word = _state_sign(release.state)
    return line(
        Span(f" {sign.glyph} {left(word, STATE)} ", sign.style),
        Span(f"{left(release.service.name, widths.service)} ", "strong"),
        f"{left(_kind_words(release), widths.what)} {left('', widths.step)} {right('', LEFT)}",
        Span(f" {right(words.since(release.started_at, now), AGE)}", "dim"),
        Span(f"  {left(release.actor, widths.by - 2)}" if widths.by else "", "dim"),
    )


def team_detail(release: TeamRelease, now: datetime, width: int) -> list[Line]:
    key, (sign, word) = release.service, _state_sign(release.state)
    name = key.name
    rows = [
        line(
            Span(f" {key.project}/{key.region}/", "dim"),
            Span(name, "strong"),
            f"  {_kind_words(release)}  ",
            Span(word, sign.style),
            Span(f"  {release.actor} · {words.clock(release.started_at)} · {release.id}", "dim"),
        )
    ]
    notes = [release.outcome] if release.outcome else []
    notes.append(f"{format_split(release.before, name)} → {format_split(release.after, name)}")
    since = words.since(release.announced_at, now)
    notes.append(f"reported {since} ago by the console of {release.actor}; control it from there")
    if release.open and now - release.announced_at > _SILENT:
        notes.append("no report for a long time: that console may be gone; check what serves")
    rows += [line(" ", part) for text in notes for part in wrap(text, max(10, width - 2))]
    return [*rows, BLANK]


def _kind_words(release: TeamRelease) -> str:
    """The words for its kind; one that this console does not know, as another version may have, stands as it is."""
    known = release.kind in ReleaseKind.__members__.values()
    return KIND_WORDS[ReleaseKind(release.kind)] if known else release.kind


def _state_sign(state: str) -> tuple[StateSign, str]:
    if state in ReleaseState.__members__.values():
        found = ReleaseState(state)
        return STATE_SIGNS[found], state_word(found)
    return StateSign("?", "dim"), state
