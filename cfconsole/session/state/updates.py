"""The updates of the state: each is one thing that was read, changed or chosen. `reducer` applies them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey, Unreachable
from cfconsole.domain.health.alerts import Alert, Suspect
from cfconsole.session.state.console_state import Feed, LogStatus

if TYPE_CHECKING:
    from cfconsole.domain.releases.model import Release
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.team import TeamRelease


class ServicesArrived(Struct, frozen=True):
    at: datetime
    services: tuple[Service, ...]
    unreachable: tuple[Unreachable, ...] = ()
    cached: bool = False
    covered: frozenset[tuple[str, str]] | None = None
    """The (project, region) pairs this read covers, `None` for all. Services elsewhere stay as they are."""


class ServiceChanged(Struct, frozen=True):
    at: datetime
    service: Service


class RevisionsArrived(Struct, frozen=True):
    at: datetime
    key: ServiceKey
    revisions: tuple[Revision, ...]


class MetricsArrived(Struct, frozen=True):
    at: datetime
    read: MetricsRead


class AlertsArrived(Struct, frozen=True):
    """Replaces the cloud's alerts; the console's own stay."""

    at: datetime
    alerts: tuple[Alert, ...]


class LocalAlertsRaised(Struct, frozen=True):
    """Replaces the console's own alerts; the cloud's stay."""

    alerts: tuple[Alert, ...]


class SuspectsFound(Struct, frozen=True):
    suspects: Mapping[ServiceKey, Suspect]


class FeedRead(Struct, frozen=True):
    """A feed was read and had nothing new."""

    at: datetime
    feed: Feed


class FeedFailed(Struct, frozen=True):
    feed: Feed
    error: CloudError


class LogStatusChanged(Struct, frozen=True):
    at: datetime
    status: LogStatus
    reads_per_minute: int = 0


class ReleaseChanged(Struct, frozen=True):
    release: Release


class IntentNotRecorded(Struct, frozen=True):
    """The journal could not record what a release is about to write."""

    release_id: str
    continued: bool
    """Whether it is written all the same, because the operator confirmed that."""


class ReleaseProgressed(Struct, frozen=True):
    """A release under way was observed, with nothing to record."""

    release_id: str
    progress: ReleaseProgress


class JournalRead(Struct, frozen=True):
    releases: tuple[Release, ...]
    claimed: frozenset[str] = frozenset()
    """The releases under way that a running process carries out, this one or another."""
    progress: Mapping[str, ReleaseProgress] = {}


class TeamReleasesRead(Struct, frozen=True):
    releases: tuple[TeamRelease, ...]


class Selected(Struct, frozen=True):
    keys: tuple[ServiceKey, ...]


Update = (
    ServicesArrived
    | ServiceChanged
    | RevisionsArrived
    | MetricsArrived
    | AlertsArrived
    | LocalAlertsRaised
    | SuspectsFound
    | FeedRead
    | FeedFailed
    | LogStatusChanged
    | ReleaseChanged
    | IntentNotRecorded
    | ReleaseProgressed
    | JournalRead
    | TeamReleasesRead
    | Selected
)
