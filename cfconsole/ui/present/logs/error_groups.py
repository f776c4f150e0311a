"""Error groups as rows, and the details of one as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, assert_never

from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.logs.export import log_text
from cfconsole.domain.logs.groups import OTHERS, Age, ErrorGroup
from cfconsole.domain.logs.stacks import stack_of
from cfconsole.domain.logs.times import NS, clock_time, relative_time, rfc3339
from cfconsole.domain.releases.last_deploy import LastDeploy
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, clip, left, right

_DAY_NS = 86_400 * NS
_MARKS = {Age.NEW: Span(" NEW  ", "bad-strong"), Age.UNKNOWN: Span(" NEW? ", "warn"), Age.OLD: Span("      ")}
_FIXED = 25
"""Mark, count, first and last seen, and the blanks after them."""


class GroupColumns(NamedTuple):
    """Widths for one box; 0 leaves a column out."""

    revisions: int
    service: int
    template: int


class GroupVerdict(NamedTuple):
    """A group, its age relative to the last deploy of its service, and that deploy."""

    group: ErrorGroup
    age: Age = Age.OLD
    deploy: LastDeploy | None = None


def columns(width: int, *, services: bool) -> GroupColumns:
    """The template takes the remaining width; the service is shown where there are several."""
    wide = width >= 100
    revisions = 12 if wide else 9
    service = (18 if wide else 10) if services else 0
    return GroupColumns(revisions, service, max(8, width - _FIXED - revisions - service - 1 - bool(service)))


def heading(widths: GroupColumns) -> Line:
    service = left("SERVICE", widths.service) + " " if widths.service else ""
    revisions = left("ON" if widths.revisions < 10 else "REVISIONS", widths.revisions)
    return (
        Span(
            f"      {right('COUNT', 6)} {left('FIRST', 8)} LAST{revisions:>{widths.revisions + 1}} {service}ERROR",
            "dim",
        ),
    )


def group_row(verdict: GroupVerdict, now_ns: int, widths: GroupColumns) -> Line:
    """One group: mark, count, first and last seen, revisions, service, and its template."""
    group = verdict.group
    new = verdict.age is Age.NEW
    row = [
        _MARKS[verdict.age],
        Span(right(_count(group), 6), "strong" if new else ""),
        Span(f" {left(_moment(group.first_ns, now_ns), 8)}{right(_age(group.last_ns, now_ns), 5)}", "dim"),
        Span(f" {left(revisions_text(group, widths.revisions), widths.revisions)} "),
    ]
    if widths.service:
        row.append(Span(left(group.sample.service if group.key != OTHERS else "", widths.service) + " ", "dim"))
    return (*row, Span(clip(title(group), widths.template), "strong" if new else ""))


def describe_group(verdict: GroupVerdict, now_ns: int) -> str:
    """When and on which revision the errors began, and whether they are new since the last deploy."""
    group = verdict.group
    if group.key == OTHERS:
        return f"{words.count(group.kinds, 'kind')} of rare errors, counted together. Press enter to show them."
    began = short_revision(group.sample.service, group.sample.revision) or "no revision"
    start = f"Began on {began} at {clock_time(group.first_ns)[:8]} UTC, {relative_time(group.first_ns, now_ns)}."
    return f"{start} {_age_sentence(verdict)}".rstrip()


def _age_sentence(verdict: GroupVerdict) -> str:
    deploy = verdict.deploy
    if deploy is None:
        return ""
    name = short_revision(verdict.group.sample.service, deploy.revision)
    deployed = f"{name} {'took traffic' if deploy.took_traffic else 'was deployed'} at {words.clock(deploy.at)}"
    match verdict.age:
        case Age.NEW:
            return f"New: not seen before {deployed}."
        case Age.UNKNOWN:
            return f"Possibly new: the log starts after {deployed}; a longer range would show."
        case Age.OLD:
            return f"Not new: seen before {deployed}."
        case _:
            assert_never(verdict.age)


def revisions_text(group: ErrorGroup, width: int) -> str:
    """All its revisions if they fit, else the first one and how many more there are."""
    shorts = [short_revision(group.sample.service, name) for name in group.revisions]
    if not shorts:
        return words.ABSENT
    whole = " ".join(shorts)
    if len(whole) <= width:
        return whole
    return f"{shorts[0]} +{len(shorts) - 1}" if len(shorts) > 1 else shorts[0]


def group_text(verdict: GroupVerdict, now_ns: int) -> str:
    """The group in full, for copying."""
    group = verdict.group
    parts = [
        title(group),
        f"count      {_count(group, exact=True)}",
        f"first      {rfc3339(group.first_ns)}",
        f"last       {rfc3339(group.last_ns)}",
        f"service    {group.key.service if group.key != OTHERS else 'several'}",
        f"revisions  {' '.join(group.revisions) or words.ABSENT}",
        describe_group(verdict, now_ns),
        "",
        log_text(group.sample),
    ]
    return "\n".join(parts)


def sample_lines(group: ErrorGroup, rows: int) -> Sequence[str]:
    """The raise line of the first entry's stack trace, or its first lines that are not blank."""
    message = group.sample.message
    stack = stack_of(message) if "\n" in message else None
    return [stack.raised.strip()] if stack else [text for text in message.splitlines() if text.strip()][:rows]


def title(group: ErrorGroup) -> str:
    return f"{group.kinds:,} other kinds of errors" if group.key == OTHERS else group.key.template or "(no text)"


def _count(group: ErrorGroup, *, exact: bool = False) -> str:
    number = f"{group.entries:,}" if exact or group.entries < 10_000 else words.rps(float(group.entries))
    return number if group.whole else f"≥{number}"


def _moment(ns: int, now_ns: int) -> str:
    return clock_time(ns)[:8] if now_ns - ns < _DAY_NS else relative_time(ns, now_ns)


def _age(ns: int, now_ns: int) -> str:
    return words.age(max(0, now_ns - ns) / NS)
