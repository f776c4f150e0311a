"""What a session is told once, by whoever wires it."""

from collections.abc import Mapping

from msgspec import Struct

from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind


def why_read_only(purpose: str) -> str:
    """Why a console that may only look does not do that."""
    return f"This console is read-only; start it without --read-only to {purpose}"


class SessionSettings(Struct, frozen=True):
    """Scope, guards and limits of one session."""

    projects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Empty: every region there is."""
    guards: Mapping[ReleaseKind, GuardLevel] = {}
    """A kind that is not named is guarded by `confirm`."""
    read_only: bool = False
    actor: str = ""
    """Who is on record for a release."""
    thresholds: Thresholds = Thresholds()
    log_entries: int = 50_000
    log_bytes: int = 64 * 2**20
    scope: str = "default"
    """Names the cached state, e.g. `shop-prod`."""

    def guard(self, kind: ReleaseKind) -> GuardLevel:
        return self.guards.get(kind, GuardLevel.CONFIRM)
