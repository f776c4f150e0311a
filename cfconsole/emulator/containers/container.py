"""The container interface as the gateway uses it, with requests and replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct

from cfconsole.emulator.sources.build import FunctionCode
from cfconsole.emulator.world.names import RevisionName, ServiceName


class IncomingRequest(Struct, frozen=True):
    """A request as received by the gateway."""

    service: ServiceName
    tag: str
    method: str
    path: str
    query: str = ""
    user_agent: str = ""
    trace: str = ""
    """32 hexadecimal digits; empty if the request has no trace."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Reply(Struct, frozen=True):
    """The gateway's answer to a request."""

    status: int
    body: bytes = b""
    revision: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    latency_ms: float = 0.0
    """The time the revision took."""


class ContainerSettings(NamedTuple):
    """The environment and the request timeout of a revision's containers."""

    environment: Mapping[str, str]
    timeout_s: float
    """The longest time one request may take."""


class Container(Protocol):
    """A container with real code behind a revision. It may be stopped and started again."""

    async def start(self) -> str:
        """Returns "" once the container takes requests, or the reason why it can't."""
        ...

    async def answer(self, incoming: IncomingRequest) -> Reply:
        """Answers one request, after a cold start if the container is stopped."""
        ...

    def stop(self) -> None:
        """Stops the container after the requests in flight."""
        ...


class ContainerHost(Protocol):
    """Creates the containers of revisions with real code."""

    def container(self, name: RevisionName, code: FunctionCode, settings: ContainerSettings) -> Container:
        """A new container for the revision, not yet started."""
        ...
