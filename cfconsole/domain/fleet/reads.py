"""What a read or a write of a cloud gives back besides the resources themselves, and what of it is kept."""

from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.services import Condition, Service, Unreachable


class ServicesRead(Struct, frozen=True):
    """All services of a project in the asked regions; `unreachable` names the regions that could not be read."""

    services: tuple[Service, ...]
    unreachable: tuple[Unreachable, ...] = ()
    functions_error: str = ""
    """Why function facets could not be read, empty if they were."""


class AcceptedWrite(Struct, frozen=True):
    """An accepted write: the operation to follow."""

    operation: str


class OperationState(Struct, frozen=True):
    """How far an operation is. `error` is a sentence, empty unless it failed."""

    done: bool
    error: str = ""
    condition: Condition = Condition()


class CachedState(Struct, frozen=True):
    """What is worth keeping between two runs of the console: the last known fleet, with the moment it was true."""

    saved_at: datetime
    services: tuple[Service, ...]
    regions: tuple[str, ...]
