"""The deploy form as lines: each field with its current and its new value, and help for the selected field."""

from __future__ import annotations

from typing import NamedTuple

from cfconsole.domain.releases.planning.revision_diff import short_image
from cfconsole.ui.forms.deploy import DeployForm
from cfconsole.ui.forms.fields import Field, FieldKind, masked_typing, shown_variable
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import BLANK, Line, Span, edit_line, hints, left, line, wrap

_LABEL = 14
_GROUPS = (
    {FieldKind.CONTAINER, FieldKind.IMAGE, FieldKind.SOURCE, FieldKind.TESTS},
    {FieldKind.STRATEGY, FieldKind.STEPS, FieldKind.BAKE},
    {FieldKind.LIMIT},
    {FieldKind.VARIABLE, FieldKind.ADD},
    {FieldKind.PLAN},
)
_CHANGED = {FieldKind.IMAGE, FieldKind.LIMIT, FieldKind.VARIABLE}
"""Fields of the revision itself, shown with before and after; the others say how it is rolled out."""
_HELP = {
    FieldKind.SOURCE: "The source directory of the function; ~ works. It is checked locally before the upload.",
    FieldKind.TESTS: "Whether the function's tests/ must pass before the upload.",
    FieldKind.CONTAINER: "Image, limits and variables apply to this container.",
    FieldKind.STEPS: "Traffic share of the new revision per step, in percent; the last is 100.",
    FieldKind.BAKE: "How long each step is watched before the next one, such as 2m or 90s.",
    FieldKind.LIMIT: "For example 1, 500m, 512Mi or 2Gi.",
    FieldKind.VARIABLE: "Possible secrets are shown as dots, also while typing. x removes the variable or restores it.",
    FieldKind.ADD: "Press enter, then type NAME=VALUE. Possible secrets are shown as dots.",
    FieldKind.PLAN: "Shows all steps, the differences and the undo. Nothing is changed yet.",
}


class FormRows(NamedTuple):
    """The lines of the fields, and the number of the line with the cursor."""

    lines: list[Line]
    cursor: int


def form_rows(form: DeployForm, width: int) -> FormRows:
    rows: list[Line] = []
    cursor = 0
    before: set[FieldKind] | None = None
    for number, field in enumerate(form.fields):
        group = next(group for group in _GROUPS if field.kind in group)
        if before is not None and group is not before:
            rows.append(BLANK)
        before = group
        if number == form.at:
            cursor = len(rows)
        rows.append(_row(form, field, number == form.at, width))
    return FormRows(rows, cursor)


def _row(form: DeployForm, field: Field, here: bool, width: int) -> Line:
    mark = Span(" ▸ " if here else "   ", "accent-strong")
    if field.kind is FieldKind.PLAN:
        return line(mark, Span(" show the plan ", "cursor" if here else "key"))
    if here and form.typing is not None:
        return (mark, *visible_edit(_typing(field, form.typing), _label(field), width - 3))
    if not form.applies(field):
        return line(mark, Span(f"{_label(field)}canary only", "dim"))
    # A strategy is explained at the foot, where there is room for it.
    note = Span(f"   {field.note}" if field.note and field.kind is not FieldKind.STRATEGY else "", "dim")
    return line(mark, Span(_label(field), "strong" if here else ""), *_value(field, here), note)


def _label(field: Field) -> str:
    return f"{left(field.name, _LABEL)} " if len(field.name) <= _LABEL else f"{field.name} "


def _value(field: Field, here: bool) -> Line:
    if field.kind is FieldKind.ADD:
        return ()
    after = field_after(field)
    now = Span(after, "warn-strong" if field.removed else "accent-strong") if field.changed else Span(after)
    value = line(Span("◂ ", "key"), now, Span(" ▸", "key")) if here and field.options else line(now)
    if not field.changed or field.kind not in _CHANGED:
        return value
    return (Span(f"{_value_text(field, field.before)} → ", "dim"), *value)


def field_after(field: Field) -> str:
    """The new value of the field, masked where it may be secret."""
    if field.removed:
        return "removed"
    if field.kind is FieldKind.VARIABLE and field.value is not None:
        return shown_variable(field.name, field.value)
    return _value_text(field, field.now)


def _value_text(field: Field, text: str) -> str:
    if field.kind is FieldKind.IMAGE:
        return short_image(text)
    return text or ("-" if field.new or field.kind is not FieldKind.VARIABLE else "''")


def _typing(field: Field, edit: LineEdit) -> LineEdit:
    """The line being typed, with possible secrets masked."""
    if field.kind is FieldKind.VARIABLE:
        return edit._replace(text=masked_typing(field.name, edit.text))
    if field.kind is FieldKind.ADD:
        name, equals, value = edit.text.partition("=")
        return edit._replace(text=name + equals + masked_typing(name.strip(), value))
    return edit


def visible_edit(edit: LineEdit, prompt: str, width: int) -> Line:
    """A line being typed; of a long one only the part around the cursor."""
    room = max(4, width - len(prompt) - 1)
    start = max(0, edit.cursor - room + 1)
    return edit_line(LineEdit(edit.text[start : start + room], edit.cursor - start), prompt)


def form_foot(form: DeployForm, key: str, width: int, *, activity: str = "") -> list[Line]:
    """Below the fields, always in sight: what the field under the cursor is about, or what is wrong, and the keys."""
    if form.error:
        text, style = form.error, "bad-strong"
    elif activity:
        text, style = activity, "accent-strong"
    else:
        text, style = _help(form.field), "dim"
    rows = [line(Span(f" {part}", style)) for part in wrap(text, width - 2)[:2]]
    return [BLANK, *rows, *[BLANK] * (2 - len(rows)), _keys(form, key)]


def _help(field: Field) -> str:
    if field.kind is FieldKind.IMAGE:
        return field.now or "The template has no image."
    if field.kind is FieldKind.STRATEGY:
        return f"{field.note[:1].upper()}{field.note[1:]}."
    return _HELP.get(field.kind, "")


def _keys(form: DeployForm, key: str) -> Line:
    if form.typing is not None:
        return hints(("enter", "accept"), ("esc", "discard"))
    changing = (("j k", "move"), ("enter", "edit"), ("← →", "choose"), ("x", "reset"))
    return hints(*changing, (key, "plan"), ("esc", "cancel"))
