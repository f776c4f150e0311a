"""The form of a traffic split: the percentage and tags of each revision, and its keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.durations import format_age
from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.fleet.traffic import LATEST
from cfconsole.domain.releases.planning.request import ShiftRequest
from cfconsole.ui.line_edit import LineEdit

_STEP = 5
_MOVES = {"down": 1, "j": 1, "tab": 1, "up": -1, "k": -1, "shift+tab": -1}
_SHARES = {"right": _STEP, "l": _STEP, "plus": _STEP, "left": -_STEP, "h": -_STEP, "minus": -_STEP}


class TrafficRow(Struct, frozen=True):
    """A revision that serves, has a tag, or could serve."""

    revision: str
    before: int
    percent: int
    tags_before: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""

    @property
    def changed(self) -> bool:
        return (self.percent, self.tags) != (self.before, self.tags_before)


class TrafficForm(Struct, frozen=True):
    """The rows, the cursor (after the last row: show the plan), and the line being typed."""

    rows: tuple[TrafficRow, ...]
    at: int = 0
    typing: LineEdit | None = None
    of_tags: bool = False
    """Whether tags are being typed, not the percentage."""
    error: str = ""

    @property
    def row(self) -> TrafficRow | None:
        return self.rows[self.at] if self.at < len(self.rows) else None

    @property
    def on_plan(self) -> bool:
        return self.row is None

    @property
    def sum(self) -> int:
        return sum(row.percent for row in self.rows)

    def with_error(self, sentence: str) -> TrafficForm:
        return replace(self, error=sentence)

    def with_row(self, row: TrafficRow) -> TrafficForm:
        """The form with another row in place of the one under the cursor."""
        return replace(self, rows=(*self.rows[: self.at], row, *self.rows[self.at + 1 :]), typing=None, error="")


def traffic_form(service: Service, revisions: Iterable[Revision], now: datetime) -> TrafficForm:
    """Serving revisions first, then the others, newest first; those that are not Ready only if they are in use."""
    percents = {share.revision: share.percent for share in service.serving}
    tags: dict[str, tuple[str, ...]] = {}
    for line in service.desired:
        if line.tag:
            name = service.latest_ready if line.revision == LATEST else line.revision
            tags[name] = (*tags.get(name, ()), line.tag)
    newest_first = sorted(revisions, key=lambda one: one.created_at, reverse=True)
    known = {revision.name: revision for revision in newest_first if revision.ready}
    names = dict.fromkeys((*percents, *tags, *known))
    notes = {name: format_age((now - revision.created_at).total_seconds()) for name, revision in known.items()}
    rows = (_row(name, percents.get(name, 0), tags.get(name, ()), notes.get(name, "not Ready")) for name in names)
    return TrafficForm(tuple(rows))


def _row(name: str, percent: int, tags: tuple[str, ...], note: str) -> TrafficRow:
    return TrafficRow(name, percent, percent, tags, tags, note)


def shift_of(form: TrafficForm) -> ShiftRequest | str:
    """The request of the form; a sentence if the shares do not add up to 100 %."""
    if form.sum != 100:
        return f"The shares add up to {form.sum} %, not 100. Press = to give the rest to the selected row."
    moved = any(row.percent != row.before for row in form.rows)
    shares = tuple((row.revision, row.percent) for row in form.rows if moved and (row.percent or row.before))
    had = {tag: row.revision for row in form.rows for tag in row.tags_before}
    has = {tag: row.revision for row in form.rows for tag in row.tags}
    return ShiftRequest(
        shares,
        tuple((tag, name) for tag, name in has.items() if had.get(tag) != name),
        tuple(tag for tag in had if tag not in has),
    )


def pressed(form: TrafficForm, key: str, character: str | None) -> TrafficForm | None:
    """The form after a key; `None` if the key is not one of the form's."""
    if form.typing is not None:
        return _edit_line(form, form.typing, key, character)
    if key in _MOVES:
        return replace(form, at=(form.at + _MOVES[key]) % (len(form.rows) + 1), error="")
    row = form.row
    return _changed(form, row, key, character) if row else None


def _changed(form: TrafficForm, row: TrafficRow, key: str, character: str | None) -> TrafficForm | None:
    if key in _SHARES:
        return form.with_row(replace(row, percent=min(100, max(0, row.percent + _SHARES[key]))))
    match key:
        case "equals_sign":
            return form.with_row(replace(row, percent=max(0, 100 - form.sum + row.percent)))
        case "x":
            return form.with_row(replace(row, percent=row.before, tags=row.tags_before))
        case "t":
            return _edit_row(form, ", ".join(row.tags), of_tags=True)
        case "enter":
            return _edit_row(form, str(row.percent), of_tags=False)
    return _edit_row(form, character, of_tags=False) if character and character in "0123456789" else None


def _edit_row(form: TrafficForm, text: str, *, of_tags: bool) -> TrafficForm:
    return replace(form, typing=LineEdit(text, len(text)), of_tags=of_tags, error="")


def pasted(form: TrafficForm, text: str) -> TrafficForm:
    """Inserts the text as one line into the line being typed."""
    if form.typing is None:
        return form
    return replace(form, typing=form.typing.inserted("".join(one for one in text if one.isprintable())))


def _edit_line(form: TrafficForm, edit: LineEdit, key: str, character: str | None) -> TrafficForm:
    if key == "escape":
        return replace(form, typing=None, error="")
    if key in ("enter", "tab"):
        return _accept_text(form, edit.text)
    edited = edit.press(key, character)
    return form if edited is None else replace(form, typing=edited, error="")


def _accept_text(form: TrafficForm, text: str) -> TrafficForm:
    row = form.row
    if row is None:
        return replace(form, typing=None)
    if form.of_tags:
        tags = tuple(dict.fromkeys(text.replace(",", " ").split()))
        return _without(form, tags).with_row(replace(row, tags=tags))
    number = text.strip().removesuffix("%").strip()
    if not (number.isascii() and number.isdigit() and int(number) <= 100):
        return replace(form, error="Enter a whole number from 0 to 100.")
    return form.with_row(replace(row, percent=int(number)))


def _without(form: TrafficForm, tags: tuple[str, ...]) -> TrafficForm:
    """Takes the tags from all rows, because a tag is on one revision only."""
    rows = (replace(row, tags=tuple(tag for tag in row.tags if tag not in tags)) for row in form.rows)
    return replace(form, rows=tuple(rows))
