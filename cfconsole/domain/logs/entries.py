"""Log entries and gaps as values. Times are integers of nanoseconds since the epoch, so ordering is cheap and exact."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey


class Severity(IntEnum):
    """`google.logging.type.LogSeverity`; unknown numbers sort between their neighbours."""

    DEFAULT = 0
    DEBUG = 100
    INFO = 200
    NOTICE = 300
    WARNING = 400
    ERROR = 500
    CRITICAL = 600
    ALERT = 700
    EMERGENCY = 800


class Request(Struct, frozen=True):
    """The request of a request log entry."""

    method: str
    path: str
    status: int
    latency_ms: float | None


class LogEntry(Struct, frozen=True):
    """One entry, already sanitised and redacted. Identity is `(log, timestamp_ns, insert_id)`."""

    timestamp_ns: int
    insert_id: str
    severity: int
    log: str
    """The log id without its project, e.g. `run.googleapis.com/stderr`."""
    project: str
    region: str
    service: str
    revision: str
    message: str
    """The text to display first; may have several lines."""
    payload: str = ""
    """The whole payload as JSON, if it has more than the message."""
    trace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    request: Request | None = None
    actor: str = ""
    """Of audit entries: who did it."""
    method: str = ""
    """Of audit entries: the full name of the API method."""

    @property
    def order(self) -> tuple[int, str]:
        return (self.timestamp_ns, self.insert_id)

    @property
    def identity(self) -> tuple[str, int, str]:
        return (self.log, self.timestamp_ns, self.insert_id)


class GapReason(StrEnum):
    RATE_LIMIT = "rate-limit"
    NOT_CONSUMED = "not-consumed"
    DISCONNECTED = "disconnected"
    """A lost connection whose entries could not be read back."""
    NOT_READ = "not-read"
    """More entries exist than were read."""


class Gap(Struct, frozen=True):
    """Entries known or suspected to be missing, between two moments."""

    reason: GapReason
    at_least: int
    from_ns: int
    to_ns: int
    services: tuple[ServiceKey, ...] = ()
    """The services concerned; empty: any."""

    @property
    def order(self) -> tuple[int, str]:
        return (self.to_ns, "")


class Suppression(Struct, frozen=True):
    """What a tail left out since its last response."""

    reason: GapReason
    at_least: int


class TailBatch(Struct, frozen=True):
    """One response of a tail: entries in time order, no order across batches."""

    entries: tuple[LogEntry, ...]
    suppressed: tuple[Suppression, ...] = ()


class LogPage(Struct, frozen=True):
    entries: tuple[LogEntry, ...]
    next_page: str = ""
