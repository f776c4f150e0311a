"""What the console knows at one moment, as one frozen value, which the screen shows."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey, Unreachable
from cfconsole.domain.health.alerts import Alert, Suspect

if TYPE_CHECKING:
    from cfconsole.domain.releases.model import Release
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.team import TeamRelease


class Feed(StrEnum):
    """A stream of reads that can be late or fail on its own."""

    SERVICES = "services"
    REVISIONS = "revisions"
    METRICS = "metrics"
    ALERTS = "alerts"
    LOGS = "logs"


class FeedStatus(Struct, frozen=True):
    """How far a feed can be trusted. `read_at` is when its data were true; `error` is why they are not newer."""

    read_at: datetime | None = None
    error: CloudError | None = None
    cached: bool = False
    """Whether the data are from the last run, not from this one."""
    stale_after_s: float = 60.0


class LogStatus(Struct, frozen=True):
    """What the log pane's title says."""

    mode: str = "off"
    """`off`, `starting`, `live`, `polling`, `paused`, `broken`."""
    rate: float = 0.0
    """Entries per second over the last seconds."""
    lost: int = 0
    behind_s: float | None = None
    version: int = 0
    """Grows with each change of the buffer."""
    sentence: str = ""
    """Why the mode is not live, for the operator."""


class ConsoleState(Struct, frozen=True):
    """One frozen value, replaced as a whole. Parts that did not change stay the same objects: panes compare by `is`."""

    version: int = 0
    services: Mapping[ServiceKey, Service] = {}
    revisions: Mapping[ServiceKey, tuple[Revision, ...]] = {}
    metrics: Mapping[ServiceKey, ServiceMetrics] = {}
    alerts: tuple[Alert, ...] = ()
    suspects: Mapping[ServiceKey, Suspect] = {}
    """The revision that most likely makes a service sick, where the data name one."""
    releases: tuple["Release", ...] = ()
    """Newest first; those under way and those of the journal."""
    progress: Mapping[str, "ReleaseProgress"] = {}
    """The last look at each release in steps that is under way, by its id."""
    team: tuple["TeamRelease", ...] = ()
    """What was told of the releases of the whole team, this console's among them; newest first."""
    unrecorded: Mapping[str, bool] = {}
    """Releases of this console whose intent the journal did not take, by id: whether they went on unrecorded."""
    unreachable: tuple[Unreachable, ...] = ()
    feeds: Mapping[Feed, FeedStatus] = {}
    logs: LogStatus = LogStatus()
    selected: tuple[ServiceKey, ...] = ()
    reads_per_minute: int = 0
    """Log reads in the last minute, of the 60 a project has."""
    credentials_expire_at: datetime | None = None
