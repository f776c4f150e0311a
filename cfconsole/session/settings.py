"""The settings of a session, given once when it is made."""

from collections.abc import Mapping

from msgspec import Struct

from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind


def why_read_only(purpose: str) -> str:
    """The sentence with which a read-only console refuses something."""
    return f"This console is read-only; start it without --read-only to {purpose}"


class SessionSettings(Struct, frozen=True):
    """The scope, guards and limits of one session."""

    projects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Empty: all regions."""
    guards: Mapping[ReleaseKind, GuardLevel] = {}
    """A kind that is not listed is guarded by `confirm`."""
    read_only: bool = False
    actor: str = ""
    """Who the journal names as the author of a release."""
    thresholds: Thresholds = Thresholds()
    log_entries: int = 50_000
    log_bytes: int = 64 * 2**20
    scope: str = "default"
    """The name of the cached state, e.g. `shop-prod`."""

    def guard(self, kind: ReleaseKind) -> GuardLevel:
        return self.guards.get(kind, GuardLevel.CONFIRM)
