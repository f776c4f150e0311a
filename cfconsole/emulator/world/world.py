"""The state of the emulated cloud (projects, services, revisions, functions, operations) and its background tasks."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import traceback
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any

from google.cloud import functions_v2, run_v2
from msgspec import Struct, field

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.containers.container import Container, ContainerHost
from cfconsole.emulator.errors import not_found
from cfconsole.emulator.images import Behaviour
from cfconsole.emulator.sinks import EntrySink
from cfconsole.emulator.sources.build import FunctionCode
from cfconsole.emulator.sources.uploads import UploadStore
from cfconsole.emulator.world.failures import PendingFailures
from cfconsole.emulator.world.names import Location, ServiceName
from cfconsole.emulator.world.operations import Operations
from cfconsole.emulator.world.traffic import Routing


class Delays(Struct, frozen=True):
    """How long the cloud takes for each step, in seconds of the world's clock."""

    revision_ready_s: float = 5.0
    revision_failed_s: float = 10.0
    traffic_s: float = 1.5
    delete_s: float = 2.0
    build_s: float = 4.0

    @classmethod
    def none(cls) -> Delays:
        """No delays."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0)


class ServiceRecord(Struct):
    """A service with its revisions and the emulator's own state about it."""

    name: ServiceName
    service: run_v2.Service
    revisions: dict[str, run_v2.Revision] = field(default_factory=dict)
    """By short name, oldest first."""
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    """The simulated behaviour of each revision by short name, cached because every request reads it."""
    containers: dict[str, Container] = field(default_factory=dict)
    """The containers of revisions with real code, by short name; all others are simulated."""
    next_number: int = 1
    """The number in the name of the next revision."""
    in_flight: int = 0
    """The number of writes not yet reconciled."""
    routing: Routing = field(default_factory=Routing)
    """The effective split, used by the gateway."""


class World:
    """The state of the emulated cloud. The rules that change it are functions in the other modules of this package."""

    def __init__(
        self,
        clock: Clock,
        logs: EntrySink,
        *,
        delays: Delays | None = None,
        seed: int = 0,
        gateway_url: str = "",
    ) -> None:
        self.clock = clock
        self.logs = logs
        self.delays = delays or Delays()
        self.random = random.Random(seed)
        self.gateway_url = gateway_url
        """The base URL of services, such as `http://127.0.0.1:8086/run`; empty for addresses in Google's form."""
        self.operations = Operations()
        self.failures = PendingFailures()
        self.background = Background()
        self.functions: dict[str, functions_v2.Function] = {}
        """By full name."""
        self.uploads = UploadStore()
        self.built_images: dict[str, FunctionCode] = {}
        """The code built from source, by image; all other images are simulated."""
        self.container_host: ContainerHost | None = None
        """Runs images built from source; without it they are simulated too."""
        self.writes: Counter[str] = Counter()
        """Number of accepted writes by method name, without validate_only."""
        self._regions: dict[str, list[str]] = {}
        self._records: dict[Location, dict[str, ServiceRecord]] = {}
        self._version = 0

    def add_project(self, project: str, regions: Iterable[str]) -> None:
        """Adds a project with its regions."""
        self._regions.setdefault(project, []).extend(regions)

    def projects(self) -> list[str]:
        return list(self._regions)

    def locations(self, project: str) -> list[Location]:
        """The regions of a project; empty for an unknown one."""
        return [Location(project, region) for region in self._regions.get(project, [])]

    def services(self) -> list[ServiceRecord]:
        """Every service of every project."""
        return [record for records in self._records.values() for record in records.values()]

    def services_in(self, location: Location) -> list[ServiceRecord]:
        """The services of one region, sorted by name."""
        records = self._records.get(location, {})
        return [records[name] for name in sorted(records)]

    def find(self, name: ServiceName) -> ServiceRecord | None:
        return self._records.get(name.location, {}).get(name.service)

    def record(self, name: ServiceName) -> ServiceRecord:
        """The service of this name. Raises `ApiError` (NOT_FOUND)."""
        record = self.find(name)
        if record is None:
            raise not_found("SERVICE", str(name))
        return record

    def add(self, record: ServiceRecord) -> None:
        self._records.setdefault(record.name.location, {})[record.name.service] = record

    def remove(self, name: ServiceName) -> None:
        """Removes a service and stops its containers."""
        record = self._records[name.location].pop(name.service, None)
        for container in record.containers.values() if record else ():
            container.stop()

    def next_etag(self) -> str:
        """A new etag, quoted as Google quotes them."""
        self._version += 1
        return f'"{self._version:012x}"'

    def next_uid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def next_suffix(self) -> str:
        """Three random letters for a unique revision name."""
        return "".join(self.random.choices("bcdfghjkmnpqrstvwxz", k=3))

    def uri(self, name: ServiceName, tag: str = "") -> str:
        """The URL of a service or of one of its tags."""
        if self.gateway_url:
            suffix = f"@{tag}" if tag else ""
            return f"{self.gateway_url}/{name.project}/{name.region}/{name.service}{suffix}"
        return self.logged_uri(name, tag)

    def logged_uri(self, name: ServiceName, tag: str = "") -> str:
        """The URL in Google's form, which request logs contain regardless of the gateway's address."""
        prefix = f"{tag}---" if tag else ""
        digest = hashlib.sha256(str(name.location).encode()).hexdigest()[:10]
        return f"https://{prefix}{name.service}-{digest}-uc.a.run.app"


class Background:
    """Tasks that live as long as the emulator. A failure is printed at once and raised again by `stop`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` until it is done or the emulator stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Cancels all tasks still running. Raises an `ExceptionGroup` of earlier failures."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failures:
            raise ExceptionGroup("the emulator's background work failed", self._failures)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if isinstance(failure, Exception):
            self._failures.append(failure)
            traceback.print_exception(failure, file=sys.stderr)
