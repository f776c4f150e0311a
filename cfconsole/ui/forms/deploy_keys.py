"""Keys of the deploy form: pure functions from one form to the next."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.text import SECRET_MARK
from cfconsole.ui.forms.deploy import DeployForm
from cfconsole.ui.forms.fields import Field, FieldKind
from cfconsole.ui.line_edit import LineEdit

_MOVES = {"down": 1, "j": 1, "tab": 1, "up": -1, "k": -1, "shift+tab": -1}
_CHOICES = {"left": -1, "h": -1, "right": 1, "l": 1}


def press(form: DeployForm, key: str, character: str | None) -> DeployForm | None:
    """The form after a key; `None` if the key is not one of the form's."""
    if form.typing is not None:
        return _edit_line(form, form.typing, key, character)
    if key in _MOVES:
        return form.moved(_MOVES[key])
    if key in _CHOICES:
        return form.with_field(form.field.chosen(_CHOICES[key])) if form.field.options else form
    if key == "x":
        return _reset(form)
    if key == "enter" and form.field.kind is not FieldKind.PLAN:
        return _edit_field(form)
    return None


def paste(form: DeployForm, text: str) -> DeployForm:
    """Inserts the text as one line into the line being typed."""
    if form.typing is None:
        return form
    one_line = "".join(character for character in text if character.isprintable())
    return replace(form, typing=form.typing.inserted(one_line))


def _edit_line(form: DeployForm, edit: LineEdit, key: str, character: str | None) -> DeployForm:
    if key == "escape":
        return replace(form, typing=None, error="")
    if key in ("enter", "tab"):
        return _accept_text(form, edit.text.strip())
    edited = edit.press(key, character)
    return form if edited is None else replace(form, typing=edited, error="")


def _edit_field(form: DeployForm) -> DeployForm:
    """Starts typing with the present text; a choice goes to its next option instead."""
    field = form.field
    if field.kind in (FieldKind.STRATEGY, FieldKind.CONTAINER, FieldKind.TESTS):
        return form.with_field(field.chosen(1))
    text = "" if field.removed else _initial_text(field)
    return replace(form, typing=LineEdit(text, len(text)), error="")


def _initial_text(field: Field) -> str:
    if field.kind is FieldKind.IMAGE:
        # A digest is replaced as a whole, by a tag.
        repository, at, _ = field.now.partition("@")
        return f"{repository}:" if at else field.now
    masked = field.value is None and (SECRET_MARK in field.before or field.before.startswith("secret "))
    return "" if masked else field.now


def _accept_text(form: DeployForm, text: str) -> DeployForm:
    field = form.field
    if field.kind is FieldKind.ADD:
        return _add_variable(form, text)
    return replace(form, typing=None).with_field(field.typed(text))


def _add_variable(form: DeployForm, text: str) -> DeployForm:
    """Adds a variable, or changes the value of an existing one. The cursor stays for the next one."""
    if not text:
        return replace(form, typing=None, error="")
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        return replace(form, error="Enter the variable as NAME=VALUE.")
    existing = next(
        (n for n, one in enumerate(form.fields) if one.kind is FieldKind.VARIABLE and one.name == name), None
    )
    done = replace(form, typing=None, error="")
    if existing is not None:
        at = done.at
        return replace(
            replace(done, at=existing).with_field(replace(done.fields[existing], value=value, removed=False)), at=at
        )
    added = Field(FieldKind.VARIABLE, name, value=value, new=True)
    fields = (*done.fields[: done.at], added, *done.fields[done.at :])
    return replace(done, fields=fields, at=done.at + 1)


def _reset(form: DeployForm) -> DeployForm:
    """Undoes the change of a field: an added variable goes, an existing one is removed or comes back."""
    field = form.field
    if field.new:
        return replace(form, fields=(*form.fields[: form.at], *form.fields[form.at + 1 :]), error="")
    return form.with_field(field.toggled())
