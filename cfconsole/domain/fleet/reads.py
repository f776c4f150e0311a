"""Results of reads and writes of the cloud, and the fleet as it is cached between two runs."""

from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.services import Condition, Service, Unreachable


class ServicesRead(Struct, frozen=True):
    """All services of a project in the requested regions; `unreachable` names the regions that could not be read."""

    services: tuple[Service, ...]
    unreachable: tuple[Unreachable, ...] = ()
    functions_error: str = ""
    """Why the functions behind the services could not be read; empty if they were."""


class AcceptedWrite(Struct, frozen=True):
    """A write that the API accepted, with the operation to follow."""

    operation: str


class OperationState(Struct, frozen=True):
    """The state of an operation. `error` is a sentence, empty unless it failed."""

    done: bool
    error: str = ""
    condition: Condition = Condition()


class CachedState(Struct, frozen=True):
    """The last known fleet, cached between two runs of the console."""

    saved_at: datetime
    services: tuple[Service, ...]
    regions: tuple[str, ...]
