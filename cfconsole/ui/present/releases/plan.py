"""The dialog of a plan as lines: the exact change, its reason, its undo and its warnings."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Share, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.split_text import format_scaling, format_split
from cfconsole.domain.releases.steps import Scaling
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import BLANK, Line, Span, edit_line, hints, left, line, wrap
from cfconsole.ui.present.charts import bar
from cfconsole.ui.present.releases.plan_steps import scaling_lines, step_lines, step_notes

_TITLES = {
    ReleaseKind.ROLLBACK: "Roll back",
    ReleaseKind.TO_LATEST: "Send all traffic to the latest revision",
    ReleaseKind.UNDO: "Undo the last traffic change",
    ReleaseKind.DEPLOY: "Deploy",
    ReleaseKind.SHIFT: "Split the traffic",
    ReleaseKind.PROMOTE: "Promote",
    ReleaseKind.SCALE: "Scale",
    ReleaseKind.RESTART: "Restart",
    ReleaseKind.DELETE: "Delete a revision",
}
_BAR = 10


class ConfirmState(Struct, frozen=True):
    """What a confirmation dialog waits for."""

    ready: bool
    """Whether the plan is from a fresh read."""
    changed: tuple[str, ...] = ()
    """The differences between the plan from the fresh read and the one shown first."""
    name: str = ""
    """The name to type; empty where `y` is enough."""
    typed: LineEdit = LineEdit()
    error: str = ""
    """Why it can't be confirmed; empty while it can."""


def plan_title(plan: Plan) -> str:
    return _TITLES[plan.kind]


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """The plan without the question at the end."""
    key = plan.service
    rows: list[Line] = [
        line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong")),
        BLANK,
        *_before_and_after(plan, width),
        BLANK,
    ]
    rows += [*step_lines(plan, width), BLANK] if plan.steps else []
    for label, text in step_notes(plan):
        rows += label_rows(label, text, "accent", width)
    rows += label_rows("why", plan.why, "accent", width) if plan.why else []
    rows += [] if plan.scaling else _differences(plan, width)
    rows += label_rows("undo", _undo(plan), "accent", width)
    for warning in plan.warnings:
        rows += label_rows("warning", warning, "warn-strong", width)
    return rows


def _before_and_after(plan: Plan, width: int) -> list[Line]:
    if plan.scaling and plan.scaling_before:
        return scaling_lines(plan.scaling_before, plan.scaling)
    return split_lines(plan, width)


def _undo(plan: Plan) -> str:
    back = format_scaling(plan.scaling_before) if plan.scaling_before else format_split(plan.undo, plan.service.name)
    abort = "; A does so while the release is under way" if len(plan.steps) > 1 else ""
    return f"Z restores {back}{abort}"


def split_lines(plan: Plan, width: int) -> list[Line]:
    """Both splits side by side, one row per revision that serves before or after."""
    before, after = _percents(plan.before), _percents(plan.after)
    names = [name for name in {**before, **after} if before.get(name) or after.get(name)]
    name = min(max([*(len(_short(plan, one)) for one in names), 8]), max(8, width - 46))
    rows = [line(Span(f" {left('REVISION', name)}  {left('BEFORE', _BAR + 7)}     AFTER", "dim"))]
    for one in names:
        old, new = before.get(one, 0), after.get(one, 0)
        style = "bad" if one == plan.bad and one else "good" if _takes(plan, one) else "accent"
        rows.append(
            line(
                Span(f" {left(_short(plan, one), name)}  ", "strong"),
                Span(f"{old:>3} % "),
                Span(bar(old, _BAR), style),
                Span("  →  ", "dim"),
                Span(f"{new:>3} % ", "strong"),
                Span(bar(new, _BAR), style),
            )
        )
    return rows


def _percents(shares: Iterable[Share | Target]) -> dict[str, int]:
    percents: dict[str, int] = {}
    for share in shares:
        percents[share.revision] = percents.get(share.revision, 0) + share.percent
    return percents


def _takes(plan: Plan, revision: str) -> bool:
    """Whether the plan moves traffic to this revision."""
    return revision == plan.target or (revision == LATEST and plan.target == CANDIDATE)


def _short(plan: Plan, revision: str) -> str:
    if revision == LATEST:
        return f"{CANDIDATE}, latest" if plan.target == CANDIDATE else "latest"
    return short_revision(plan.service.name, revision)


def _differences(plan: Plan, width: int) -> list[Line]:
    rows: list[Line] = []
    for difference in plan.differences:
        text = f"{difference.what}: {difference.before or '-'} → {difference.after or '-'}"
        rows += label_rows("" if rows else "changes", text, "accent", width)
    return rows


def label_rows(label: str, text: str, style: str, width: int) -> list[Line]:
    """A sentence beside its label, wrapped under itself."""
    first, *more = wrap(text, max(10, width - 11))
    rows = [line(Span(f" {left(label, 8)} ", style), first)]
    return [*rows, *(line(" " * 10, part) for part in more)]


def question_lines(state: ConfirmState, width: int) -> list[Line]:
    """The last lines, always in sight: what the dialog waits for, and how to answer."""
    return [BLANK, *_question(state, width)]


def _question(state: ConfirmState, width: int) -> list[Line]:
    changed = [row for one in state.changed for row in label_rows("changed", one, "warn-strong", width)]
    if state.error:
        error = [line(" ", Span(part, "bad-strong")) for part in wrap(state.error, max(10, width - 2))]
        return [*changed, *error, hints(("esc", "close"))]
    if not state.ready:
        return [*changed, line(Span(" reading fresh data…", "dim")), hints(("esc", "cancel"))]
    if not state.name:
        return [*changed, hints(("y", "yes, do it"), ("esc", "cancel"))]
    return [
        *changed,
        line(" Type ", Span(state.name, "strong"), " to do it", Span("   esc", "key"), " cancel"),
        edit_line(state.typed, " > "),
    ]


def plan_changes(before: Plan, after: Plan) -> tuple[str, ...]:
    """The differences between the plan shown first and the one from fresh data, as sentences."""
    name = after.service.name
    pairs = (
        ("bad revision", short_revision(name, before.bad), short_revision(name, after.bad)),
        ("target", short_revision(name, before.target), short_revision(name, after.target)),
        ("before", format_split(before.before, name), format_split(after.before, name)),
        ("after", format_split(before.after, name), format_split(after.after, name)),
        ("instances before", _scaling(before.scaling_before), _scaling(after.scaling_before)),
        ("instances after", _scaling(before.scaling), _scaling(after.scaling)),
    )
    changes = [f"{what} is now {new}, not {old}" for what, old, new in pairs if old != new]
    if before.steps != after.steps:
        changes.append("the steps have changed; review them again")
    changes += [f"new: {warning}" for warning in after.warnings if warning not in before.warnings]
    if not changes and before.generation != after.generation:
        changes.append("the service was changed since the last read; its traffic is the same")
    return tuple(changes)


def _scaling(scaling: Scaling | None) -> str:
    return format_scaling(scaling) if scaling else "nothing"
