"""What can change the state: each update is one thing that was read, moved or chosen (see `applying`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.alerts import Alert, Suspect
from cfconsole.domain.errors import CloudError
from cfconsole.domain.metrics import MetricsRead
from cfconsole.domain.releases import Release
from cfconsole.domain.services import Revision, Service, ServiceKey, Unreachable
from cfconsole.session.state import Feed, LogStatus

if TYPE_CHECKING:
    from cfconsole.domain.release_watch import ReleaseProgress
    from cfconsole.domain.team_releases import TeamRelease


class ServicesArrived(NamedTuple):
    at: datetime
    services: tuple[Service, ...]
    unreachable: tuple[Unreachable, ...] = ()
    cached: bool = False
    asked: frozenset[tuple[str, str]] | None = None
    """The (project, region) pairs this read covers; `None`: all there are. What was not asked for stays as it is."""


class ServiceChanged(NamedTuple):
    at: datetime
    service: Service


class RevisionsArrived(NamedTuple):
    at: datetime
    key: ServiceKey
    revisions: tuple[Revision, ...]


class MetricsArrived(NamedTuple):
    at: datetime
    read: MetricsRead


class AlertsArrived(NamedTuple):
    """Replaces the cloud's alerts; the console's own stay."""

    at: datetime
    alerts: tuple[Alert, ...]


class LocalAlertsRaised(NamedTuple):
    """Replaces the console's own alerts; the cloud's stay."""

    alerts: tuple[Alert, ...]


class SuspectsFound(NamedTuple):
    suspects: Mapping[ServiceKey, Suspect]


class FeedRead(NamedTuple):
    """A feed was asked and had nothing to tell."""

    at: datetime
    feed: Feed


class FeedFailed(NamedTuple):
    feed: Feed
    error: CloudError


class LogsMoved(NamedTuple):
    at: datetime
    status: LogStatus
    reads_per_minute: int = 0


class ReleaseMoved(NamedTuple):
    release: Release


class IntentUnkept(NamedTuple):
    """The journal did not take what a release is about to write."""

    release_id: str
    went_on: bool
    """Whether it is written all the same, for the operator said so."""


class ReleaseLooked(NamedTuple):
    """A release under way was looked at; nothing worth a record happened."""

    release_id: str
    progress: "ReleaseProgress"


class JournalRead(NamedTuple):
    releases: tuple[Release, ...]
    claimed: frozenset[str] = frozenset()
    """Those under way that a living process carries out, this one or another."""
    looks: Mapping[str, "ReleaseProgress"] = {}


class TeamRead(NamedTuple):
    releases: tuple["TeamRelease", ...]


class Selected(NamedTuple):
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
    | LogsMoved
    | ReleaseMoved
    | IntentUnkept
    | ReleaseLooked
    | JournalRead
    | TeamRead
    | Selected
)
