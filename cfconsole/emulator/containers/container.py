"""What a container is to the gateway: it is started, answers requests, and is stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct

from cfconsole.emulator.sources.build import FunctionCode
from cfconsole.emulator.world.names import RevisionName, ServiceName


class IncomingRequest(Struct, frozen=True):
    """A request as it reached the gateway."""

    service: ServiceName
    tag: str
    method: str
    path: str
    query: str = ""
    user_agent: str = ""
    trace: str = ""
    """32 hexadecimal digits; empty if the caller traces nothing."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Reply(Struct, frozen=True):
    """What the gateway answers."""

    status: int
    body: bytes = b""
    revision: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    latency_ms: float = 0.0
    """What the revision took, without the front."""


class ContainerSettings(NamedTuple):
    """What a revision says about the processes that run it."""

    environment: Mapping[str, str]
    timeout_s: float
    """How long one request may take."""


class Container(Protocol):
    """Real code behind a revision. It may be stopped and started again as often as traffic asks for it."""

    async def start(self) -> str:
        """Returns when it takes requests, with "", or with the reason why it never will."""
        ...

    async def answer(self, incoming: IncomingRequest) -> Reply:
        """Serves one request, after a cold start if the container is stopped."""
        ...

    def stop(self) -> None:
        """Ends it soon, letting requests that are under way finish."""
        ...


class ContainerHost(Protocol):
    """Where revisions with real code run."""

    def container(self, name: RevisionName, code: FunctionCode, settings: ContainerSettings) -> Container:
        """A container of this revision, not started yet."""
        ...
