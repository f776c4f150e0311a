"""Releases of other people as the shared history tells them: a row in the table, and what is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.planning.text import format_split
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, left, line, right, wrapped
from cfconsole.ui.present.releases.status import KIND_WORDS, STATE_SIGNS, StateSign, interrupted, state_word
from cfconsole.ui.present.releases.table import AGE, LEFT, STATE, ReleaseColumns

_SILENT = timedelta(minutes=45)
"""Longer than any step lasts by default: who told nothing for so long may be gone."""


def listed(own: Sequence[Release], team: Sequence[TeamRelease]) -> tuple[Release | TeamRelease, ...]:
    """Own ones under way first, then what was left behind and what others do now, then all others; newest first."""
    known = {release.id for release in own}
    every: list[Release | TeamRelease] = [*own, *(told for told in team if told.id not in known)]
    every.sort(key=lambda one: one.started_at, reverse=True)
    return tuple(sorted(every, key=_rank))


def _rank(one: Release | TeamRelease) -> int:
    if isinstance(one, TeamRelease):
        return 1 if one.open else 2
    return 0 if one.open else 1 if interrupted(one) else 2


def team_row(told: TeamRelease, now: datetime, at: ReleaseColumns) -> Line:
    look, word = _state_sign(told.state)
    return line(
        Span(f" {look.glyph} {left(word, STATE)} ", look.style),
        Span(f"{left(told.service.name, at.service)} ", "strong"),
        f"{left(_what(told), at.what)} {left('', at.step)} {right('', LEFT)}",
        Span(f" {right(words.since(told.started_at, now), AGE)}", "dim"),
        Span(f"  {left(told.actor, at.by - 2)}" if at.by else "", "dim"),
    )


def team_detail(told: TeamRelease, now: datetime, width: int) -> list[Line]:
    key, (look, word) = told.service, _state_sign(told.state)
    name = key.name
    rows = [
        line(
            Span(f" {key.project}/{key.region}/", "dim"),
            Span(name, "strong"),
            f"  {_what(told)}  ",
            Span(word, look.style),
            Span(f"  {told.actor} · {words.clock(told.started_at)} · {told.id}", "dim"),
        )
    ]
    said = [told.outcome] if told.outcome else []
    said.append(f"{format_split(told.before, name)} → {format_split(told.after, name)}")
    since = words.since(told.announced_at, now)
    said.append(f"reported {since} ago by the console of {told.actor}; control it from there")
    if told.open and now - told.announced_at > _SILENT:
        said.append("no report for a long time: that console may be gone; check what serves")
    rows += [line(" ", part) for text in said for part in wrapped(text, max(10, width - 2))]
    return [*rows, BLANK]


def _what(told: TeamRelease) -> str:
    """A newer console may have kinds that this one does not know."""
    known = told.kind in ReleaseKind.__members__.values()
    return KIND_WORDS[ReleaseKind(told.kind)] if known else told.kind


def _state_sign(state: str) -> tuple[StateSign, str]:
    if state in ReleaseState.__members__.values():
        found = ReleaseState(state)
        return STATE_SIGNS[found], state_word(found)
    return StateSign("?", "dim"), state
