"""How strictly each kind of release is guarded."""

from __future__ import annotations

from cfconsole.domain.releases.kinds import DEFAULT_GUARDS, GuardLevel, ReleaseKind, guard_level


def test_a_context_sets_guards_and_an_unnamed_one_has_its_own() -> None:
    assert guard_level(ReleaseKind.ROLLBACK, {ReleaseKind.ROLLBACK: GuardLevel.NONE}) is GuardLevel.NONE
    assert guard_level(ReleaseKind.UNDO, {}) is GuardLevel.CONFIRM
    assert guard_level(ReleaseKind.TO_LATEST, {}) is GuardLevel.TYPE_NAME
    assert set(DEFAULT_GUARDS) == set(ReleaseKind)
