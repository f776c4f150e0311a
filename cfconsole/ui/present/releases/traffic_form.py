"""The traffic form as lines: current and new share of each revision, its tags, and the sum."""

from __future__ import annotations

from cfconsole.domain.fleet.services import short_revision
from cfconsole.ui.forms.traffic import TrafficForm, TrafficRow
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, left, line, wrap
from cfconsole.ui.present.charts import bar
from cfconsole.ui.present.releases.deploy_form import visible_edit

_BAR = 10
_AGE = 11


def traffic_rows(form: TrafficForm, service: str, width: int) -> list[Line]:
    """A heading, one line per revision, a blank, and the row that shows the plan."""
    shorts = [short_revision(service, row.revision) for row in form.rows]
    name = min(max(8, *(len(short) for short in shorts)), max(8, width - 52)) if shorts else 8
    rows = [
        line(Span(f"   {left('REVISION', name)}    NOW   NEW      {' ' * (_BAR - 2)}{left('AGE', _AGE)}TAGS", "dim"))
    ]
    for number, (row, short) in enumerate(zip(form.rows, shorts, strict=True)):
        rows.append(_row(form, row, left(short, name), number == form.at, width))
    here = form.row is None
    return [*rows, BLANK, line(_mark(here), Span(" show the plan ", "cursor" if here else "key"))]


def _mark(here: bool) -> Span:
    return Span(" ▸ " if here else "   ", "accent-strong")


def _row(form: TrafficForm, row: TrafficRow, name: str, here: bool, width: int) -> Line:
    head = (_mark(here), Span(f"{name}  ", "strong" if here else ""), Span(f"{row.before:>3} %   ", "dim"))
    typing = form.typing if here else None
    style = "accent-strong" if row.percent != row.before else ""
    percent: Line = (Span(f"{row.percent:>3} % ", style), Span(bar(row.percent, _BAR), "accent"))
    age = Span(f"  {left(row.note, _AGE - 2)}", "dim")
    if typing and not form.of_tags:
        return (*head, *visible_edit(typing, "", 6), Span(" %"))
    if typing:
        return (*head, *percent, age, *visible_edit(typing, "", max(8, width - len(name) - 44)))
    return (*head, *percent, age, Span(", ".join(row.tags), "accent-strong" if row.tags != row.tags_before else ""))


def traffic_foot(form: TrafficForm, key: str, width: int) -> list[Line]:
    """The lines below the rows, always in sight: the sum, the error and the keys."""
    whole = form.sum == 100
    missing = 100 - form.sum
    said = "" if whole else f"   {missing} % left over" if missing > 0 else f"   {-missing} % too much"
    total = line(Span(f" sum {form.sum} %", "good-strong" if whole else "warn-strong"), Span(said, "warn-strong"))
    rows = [line(Span(f" {part}", "bad-strong")) for part in wrap(form.error, width - 2)[:2] if part]
    return [BLANK, total, *rows, *[BLANK] * (2 - len(rows)), _keys(form, key)]


def _keys(form: TrafficForm, key: str) -> Line:
    if form.typing is not None:
        return hints(("enter", "accept"), ("esc", "discard"))
    changing = (("- + 0-9", "share"), ("=", "rest"), ("t", "tags"), ("x", "reset"))
    return hints(*changing, (key, "plan"), ("esc", "cancel"))
