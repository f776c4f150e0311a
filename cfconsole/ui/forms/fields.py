"""Fields of the deploy form: the present value, the new one, and the options."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.text import mask_env


class FieldKind(StrEnum):
    SOURCE = "source"
    """The directory that a function is built from."""
    TESTS = "tests"
    IMAGE = "image"
    CONTAINER = "container"
    STRATEGY = "strategy"
    STEPS = "steps"
    BAKE = "bake"
    LIMIT = "limit"
    VARIABLE = "variable"
    ADD = "add"
    """The row for adding a variable."""
    PLAN = "plan"
    """The row where enter shows the plan."""


class Option(Struct, frozen=True):
    """A value to choose, and where it comes from."""

    value: str
    note: str = ""


class Field(Struct, frozen=True):
    """One row of a form. Values of variables may be secret: only `shown_variable` of them may be drawn."""

    kind: FieldKind
    name: str
    before: str = ""
    """The present value, safe to show; empty if it is not set."""
    value: str | None = None
    """The new value; `None` leaves it as it is."""
    removed: bool = False
    new: bool = False
    """Whether it is a variable added in this form."""
    options: tuple[Option, ...] = ()

    @property
    def now(self) -> str:
        """The value after the deploy, as it is sent to the cloud."""
        return self.before if self.value is None else self.value

    @property
    def changed(self) -> bool:
        return self.removed or self.value is not None

    @property
    def note(self) -> str:
        """The note of the chosen option; empty if the value is none of them."""
        return next((option.note for option in self.options if option.value == self.now), "")

    def chosen(self, steps: int) -> Field:
        """The field with the option that many steps further, around the ends."""
        values = [option.value for option in self.options]
        if not values:
            return self
        at = (values.index(self.now) + steps) % len(values) if self.now in values else 0
        return self.typed(values[at])

    def typed(self, text: str) -> Field:
        """The field with the typed value; an empty text leaves it as it is."""
        if not text:
            return self if self.new else replace(self, value=None, removed=False)
        return replace(self, value=None if text == self.before and not self.new else text, removed=False)

    def toggled(self) -> Field:
        """Undoes the change; an unchanged variable is removed instead."""
        if self.changed or self.kind is not FieldKind.VARIABLE:
            return replace(self, value=None, removed=False)
        return replace(self, removed=True)


def shown_variable(name: str, value: str) -> str:
    """The value if name and shape show that it is not secret, else a mask."""
    return mask_env(name, value, b"").display or "''"


def masked_typing(name: str, value: str) -> str:
    """A value while it is typed: one dot for each character unless it is clearly harmless."""
    return value if mask_env(name, value, b"").display == value else "•" * len(value)
