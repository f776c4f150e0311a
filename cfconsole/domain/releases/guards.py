"""Owns what an operator must do before a plan of some kind is approved, context by context."""

from __future__ import annotations

from collections.abc import Mapping

from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind

UNNAMED_CONTEXT: Mapping[ReleaseKind, GuardLevel] = {
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
    return guards.get(kind, UNNAMED_CONTEXT[kind])
