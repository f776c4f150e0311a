"""The kinds of releases, and how each can be guarded: all that settings and keys need to know of releases."""

from enum import StrEnum


class ReleaseKind(StrEnum):
    ROLLBACK = "rollback"
    TO_LATEST = "to-latest"
    UNDO = "undo"
    DEPLOY = "deploy"
    SHIFT = "shift"
    PROMOTE = "promote"
    SCALE = "scale"
    RESTART = "restart"
    """A new revision that differs in nothing from the one that serves."""
    DELETE = "delete"
    """A revision is gone for good; nothing that serves moves by it, and nothing takes it back."""


class GuardLevel(StrEnum):
    """What an operator must do to have a plan approved."""

    NONE = "none"
    CONFIRM = "confirm"
    TYPE_NAME = "type-name"
