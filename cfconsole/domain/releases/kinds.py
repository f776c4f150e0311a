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
    """A new revision, identical to the one that serves."""
    DELETE = "delete"
    """Deletes a revision for good; no traffic moves, and there is no undo."""


class GuardLevel(StrEnum):
    """What an operator must do to approve a plan."""

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
"""The guards of projects that no context names: strict, but easy for a rollback."""


def guard_level(kind: ReleaseKind, guards: Mapping[ReleaseKind, GuardLevel]) -> GuardLevel:
    """The guard of a kind of release: that of the context, else the default."""
    return guards.get(kind, DEFAULT_GUARDS[kind])
