"""The state of the console at one moment: the frozen value that the screen shows."""

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
    """A kind of data that is read again and again, and can be late or fail on its own."""

    SERVICES = "services"
    REVISIONS = "revisions"
    METRICS = "metrics"
    ALERTS = "alerts"
    LOGS = "logs"


class FeedStatus(Struct, frozen=True):
    """How current the data of a feed are: `read_at` is when they were read, `error` why they are not newer."""

    read_at: datetime | None = None
    error: CloudError | None = None
    cached: bool = False
    """Whether the data are from the previous run."""
    stale_after_s: float = 60.0


class LogStatus(Struct, frozen=True):
    """The figures in the title of the log pane."""

    mode: str = "off"
    """`off`, `starting`, `live`, `polling`, `paused`, `broken`."""
    rate: float = 0.0
    """Entries per second over the last few seconds."""
    lost: int = 0
    behind_s: float | None = None
    version: int = 0
    """Grows with each change of the buffer."""
    sentence: str = ""
    """Why the mode is not live, for the operator."""


class ConsoleState(Struct, frozen=True):
    """Replaced as a whole. Parts that did not change stay the same objects, because panes compare them by `is`."""

    version: int = 0
    services: Mapping[ServiceKey, Service] = {}
    revisions: Mapping[ServiceKey, tuple[Revision, ...]] = {}
    metrics: Mapping[ServiceKey, ServiceMetrics] = {}
    alerts: tuple[Alert, ...] = ()
    suspects: Mapping[ServiceKey, Suspect] = {}
    """The revision that most likely causes a service's errors, if the data point to one."""
    releases: tuple["Release", ...] = ()
    """Newest first: those under way here and those in the journal."""
    progress: Mapping[str, "ReleaseProgress"] = {}
    """The last observation of each release in steps that is under way, by id."""
    team: tuple["TeamRelease", ...] = ()
    """The published releases of the whole team, this console's among them; newest first."""
    unrecorded: Mapping[str, bool] = {}
    """Releases of this console whose intent could not be recorded, by id: whether they continue unrecorded."""
    unreachable: tuple[Unreachable, ...] = ()
    feeds: Mapping[Feed, FeedStatus] = {}
    logs: LogStatus = LogStatus()
    selected: tuple[ServiceKey, ...] = ()
    reads_per_minute: int = 0
    """Log reads in the last minute, of the 60 that a project may make."""
    credentials_expire_at: datetime | None = None
