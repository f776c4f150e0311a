"""The kinds of releases, and how strictly each is guarded: all that settings and keys need to know of releases."""

from __future__ import annotations

from collections.abc import Mapping
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


DEFAULT_GUARDS: Mapping[ReleaseKind, GuardLevel] = {
    ReleaseKind.ROLLBACK: GuardLevel.CONFIRM,
    ReleaseKind.TO_LATEST: GuardLevel.TYPE_NAME,
    ReleaseKind.UNDO: GuardLevel.CONFIRM,
    ReleaseKind.DEPLOY: GuardLevel.TYPE_NAME,
    ReleaseKind.SHIFT: GuardLevel.TYPE_NAME,
    ReleaseKind.PROMOTE: GuardLevel.TYPE_NAME,
    ReleaseKind.SCALE: GuardLevel.TYPE_NAME,
    ReleaseKind.RESTART: GuardLevel.TYPE_NAME,
    ReleaseKind.DELETE: GuardLevel.TYPE_NAME,
}
"""The guards of a project that no context names: strict, but never in the way of going back."""


def guard_level(kind: ReleaseKind, guards: Mapping[ReleaseKind, GuardLevel]) -> GuardLevel:
    """The guard of one kind of action; a kind the context does not set is guarded as in an unnamed one."""
    return guards.get(kind, DEFAULT_GUARDS[kind])
