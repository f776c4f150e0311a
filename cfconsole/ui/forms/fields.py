"""A field of a form: what it is now, what it shall be, and what there is to choose from."""

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
    """Where the name and value of one more variable are typed."""
    PLAN = "plan"
    """Where enter shows the plan."""


class Option(Struct, frozen=True):
    """One thing to choose, and where it comes from."""

    value: str
    note: str = ""


class Field(Struct, frozen=True):
    """One row of a form. Values of variables may be secret: `shown_value` is what may be drawn."""

    kind: FieldKind
    name: str
    before: str = ""
    """What it is now, safe to show; empty where it is not set."""
    value: str | None = None
    """What it shall be; `None`: as it is."""
    removed: bool = False
    new: bool = False
    """Whether it is a variable that was added here."""
    options: tuple[Option, ...] = ()

    @property
    def now(self) -> str:
        """What it shall be, as the cloud gets it."""
        return self.before if self.value is None else self.value

    @property
    def changed(self) -> bool:
        return self.removed or self.value is not None

    @property
    def note(self) -> str:
        """Where what it shall be comes from, if it is one of the options."""
        return next((option.note for option in self.options if option.value == self.now), "")

    def chosen(self, steps: int) -> Field:
        """The field with an option further on, around the end."""
        values = [option.value for option in self.options]
        if not values:
            return self
        at = (values.index(self.now) + steps) % len(values) if self.now in values else 0
        return self.typed(values[at])

    def typed(self, text: str) -> Field:
        """The field with what was typed; nothing typed leaves it as it is now."""
        if not text:
            return self if self.new else replace(self, value=None, removed=False)
        return replace(self, value=None if text == self.before and not self.new else text, removed=False)

    def toggled(self) -> Field:
        """Back to what it is now; a variable that is so already is removed, and comes back."""
        if self.changed or self.kind is not FieldKind.VARIABLE:
            return replace(self, value=None, removed=False)
        return replace(self, removed=True)


def shown_variable(name: str, value: str) -> str:
    """The value if name and shape say that it is no secret, else a mask."""
    return mask_env(name, value, b"").shown or "''"


def masked_typing(name: str, value: str) -> str:
    """A value while it is typed: one dot for each character unless it is clearly harmless."""
    return value if mask_env(name, value, b"").shown == value else "•" * len(value)
