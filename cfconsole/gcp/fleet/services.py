"""Services and revisions of Cloud Run, joined with the Cloud Functions behind some of them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence

from google.cloud import run_v2
from google.longrunning import operations_pb2
from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.reads import AcceptedWrite, OperationState, ServicesRead
from cfconsole.domain.fleet.services import Condition, Revision, Service, ServiceKey, Unreachable
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, WRITE_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.errors import operation_error
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes, Throttle
from cfconsole.gcp.fleet.functions import FunctionPlace, Functions, FunctionsRead
from cfconsole.gcp.fleet.regions import Regions
from cfconsole.gcp.protos.messages import Proto, last_part, location_path, region_of
from cfconsole.gcp.protos.revisions import revision_from
from cfconsole.gcp.protos.services import MANAGED_BY_FUNCTIONS, condition_from, service_from
from cfconsole.gcp.releases.service_writes import update_request

MAX_REGIONS_AT_ONCE = 12
"""How many regions are read in parallel, so that reading a whole project takes a few round trips."""

SLICE = 200
"""How many services are converted between two turns of the event loop, which takes a few milliseconds."""

_WORST_FIRST = (ErrorKind.CREDENTIALS, ErrorKind.DISABLED, ErrorKind.DENIED, ErrorKind.QUOTA)


class _RegionRead(Struct, frozen=True):
    """One region's services as protobuf, or why it could not be read."""

    region: str
    services: tuple[Proto, ...] = ()
    unreachable: tuple[Unreachable, ...] = ()
    error: CloudError | None = None


class RunServices:
    """The services port of a real or emulated Google Cloud."""

    def __init__(self, clients: Clients, limits: RateLimits, scrub: Scrubber) -> None:
        self._services = clients.services
        self._revisions = clients.revisions
        self._caller = ApiCaller("Cloud Run", scrub)
        functions_caller = ApiCaller("Cloud Functions", scrub)
        functions_lanes = Lanes(limits.functions_read)
        self._functions = Functions(clients.functions, functions_caller, functions_lanes)
        self._regions = Regions(clients.functions, functions_caller, functions_lanes)
        self._sweeps = Lanes(limits.run_sweep)
        self._regional = Lanes(limits.run_region)
        self._reads = Lanes(limits.run_read)
        self._writes = Lanes(limits.run_write)
        self._scrub = scrub
        self._salt = secrets.token_bytes(16)
        self._facets: dict[str, FunctionsRead] = {}
        """The functions of each project, as last listed."""

    async def regions(self, project: str) -> tuple[str, ...]:
        """All regions. If the cloud does not list them, these are the known ones, and reads carry a note."""
        return await self._regions.read(project)

    async def list_services(self, project: str, regions: Sequence[str]) -> ServicesRead:
        """The services of `regions` (empty for all), read region by region because Cloud Run v2 refuses `-`.

        The result names the regions that could not be read. Raises `CloudError` when none could be read.
        """
        every_region = tuple(regions) or await self.regions(project)
        reads, functions_error = await asyncio.gather(self._sweep(project, every_region), self._read_functions(project))
        failures = [read.error for read in reads if read.error is not None]
        if failures and len(failures) == len(reads):
            raise _worst(failures)
        services = [service async for service in self._convert(project, reads)]
        unreachable = [place for read in reads for place in read.unreachable]
        if not regions and self._regions.note is not None:
            unreachable.append(self._regions.note)
        return ServicesRead(tuple(sorted(services, key=lambda s: s.key)), tuple(unreachable), functions_error)

    async def _convert(self, project: str, reads: Sequence[_RegionRead]) -> AsyncIterator[Service]:
        """The services of all regions, in slices, because two thousand at once would block the event loop."""
        for number, pb in enumerate(pb for read in reads for pb in read.services):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            yield self._service(project, pb)

    async def get_service(self, key: ServiceKey) -> Service:
        pb, facet_known = await self._get(key), key.project in self._facets
        if not facet_known and pb.labels.get(MANAGED_BY_FUNCTIONS[0]) == MANAGED_BY_FUNCTIONS[1]:
            await self._read_functions(key.project)
        return self._service(key.project, pb)

    async def list_revisions(self, key: ServiceKey) -> tuple[Revision, ...]:
        """Newest first."""
        request = run_v2.ListRevisionsRequest(parent=key.path, page_size=1000)
        raw = await self._caller.call(lambda: self._revision_pages(request), *self._read_lanes(key))
        revisions = (revision_from(pb, key, self._scrub, self._salt) for pb in raw)
        return tuple(sorted(revisions, key=lambda r: (r.created_at, r.name), reverse=True))

    async def write(
        self, key: ServiceKey, write: ServiceWrite, *, etag: str, validate_only: bool = False
    ) -> AcceptedWrite:
        """Makes one write (Cloud Run v2 `UpdateService`); never sent twice. With `validate_only` it changes nothing.

        A change of the template applies to the present template, which is read first; `etag` ensures that it is the one
        the caller knows. Raises `CloudError`: CONFLICT for an etag that is no longer current. Raises `ValueError` for a
        write that must not be sent, such as a split without targets.
        """
        current = await self._get(key) if write.change is not None else None
        request = update_request(key, write, etag, current)
        request.validate_only = validate_only
        lane = self._writes.lane(key.project, key.region)
        accepted = await self._caller.call(
            lambda: self._services.update_service(request, retry=None, timeout=WRITE_TIMEOUT_S), lane
        )
        return AcceptedWrite(accepted.operation.name)

    async def delete_revision(self, key: ServiceKey, revision: str) -> AcceptedWrite:
        """Deletes a revision (Cloud Run v2 `DeleteRevision`). CONFLICT for one that may serve, and for the newest."""
        request = run_v2.DeleteRevisionRequest(name=f"{key.path}/revisions/{revision}")
        lane = self._writes.lane(key.project, key.region)
        accepted = await self._caller.call(
            lambda: self._revisions.delete_revision(request, retry=None, timeout=WRITE_TIMEOUT_S), lane
        )
        return AcceptedWrite(accepted.operation.name)

    async def operation(self, name: str) -> OperationState:
        request = operations_pb2.GetOperationRequest(name=name)
        lane = self._reads.lane(name.partition("/locations/")[0], region_of(name))
        operation = await self._caller.call(
            lambda: self._services.get_operation(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S), lane
        )
        return operation_state(operation, self._scrub)

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as YAML, environment values masked."""
        # PyYAML is loaded only for this view.
        from cfconsole.gcp.fleet.service_yaml import describe_service

        return describe_service(await self._get(key), self._scrub, self._salt)

    async def _get(self, key: ServiceKey) -> Proto:
        request = run_v2.GetServiceRequest(name=key.path)
        service = await self._caller.call(
            lambda: self._services.get_service(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S),
            *self._read_lanes(key),
        )
        return run_v2.Service.pb(service)

    def _read_lanes(self, key: ServiceKey) -> tuple[Throttle, ...]:
        return (self._reads.lane(key.project, key.region),)

    async def _sweep(self, project: str, regions: Sequence[str]) -> list[_RegionRead]:
        free = asyncio.Semaphore(MAX_REGIONS_AT_ONCE)

        async def read(region: str) -> _RegionRead:
            async with free:
                return await self._read_region(project, region)

        return await asyncio.gather(*map(read, regions))

    async def _read_region(self, project: str, region: str) -> _RegionRead:
        lanes = (self._sweeps.lane(project), self._regional.lane(project, region))
        try:
            return await self._caller.call(lambda: self._service_pages(project, region), *lanes)
        except CloudError as error:
            return _RegionRead(region, unreachable=(Unreachable(region, error.sentence),), error=error)

    async def _service_pages(self, project: str, region: str) -> _RegionRead:
        request = run_v2.ListServicesRequest(parent=location_path(project, region), page_size=1000)
        services: list[Proto] = []
        missing: set[str] = set()
        pager = await self._services.list_services(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
        async for page in pager.pages:
            raw = run_v2.ListServicesResponse.pb(page)
            services.extend(raw.services)
            missing.update(raw.unreachable)
        unread = tuple(self._unreachable(place) for place in sorted(missing))
        return _RegionRead(region, tuple(services), unread)

    async def _revision_pages(self, request: run_v2.ListRevisionsRequest) -> list[Proto]:
        pager = await self._revisions.list_revisions(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
        return [pb async for page in pager.pages for pb in run_v2.ListRevisionsResponse.pb(page).revisions]

    async def _read_functions(self, project: str) -> str:
        """Reads the functions and returns why not all could be read, or "". The ones read before stay in use then."""
        try:
            read = await self._functions.read(project)
        except CloudError as error:
            return error.sentence
        self._facets[project] = read
        return " ".join(place.sentence for place in read.unreachable)

    def _service(self, project: str, pb: Proto) -> Service:
        place: FunctionPlace = (region_of(pb.name), last_part(pb.name))
        read = self._facets.get(project)
        function = read.facets.get(place) if read else None
        return service_from(pb, ServiceKey(project, *place), function, self._scrub)

    def _unreachable(self, place: str) -> Unreachable:
        name = self._scrub.line(region_of(place))
        return Unreachable(name, f"Cloud Run could not read {name} completely.")


def _worst(errors: Sequence[CloudError]) -> CloudError:
    """The error that best explains why nothing could be read: one that the operator can fix comes first."""
    return next((e for kind in _WORST_FIRST for e in errors if e.kind is kind), errors[0])


def operation_state(operation: Proto, scrub: Scrubber) -> OperationState:
    """The state in a `google.longrunning.Operation`, whose metadata and result are both a Cloud Run v2 `Service`."""
    error = operation_error(operation.error, "Cloud Run", scrub).sentence if operation.HasField("error") else ""
    return OperationState(operation.done, error, _condition(operation, scrub))


def _condition(operation: Proto, scrub: Scrubber) -> Condition:
    """The service's condition, from the result if there is one, else from the metadata; there are no stages."""
    packed = operation.response if operation.HasField("response") else operation.metadata
    service = run_v2.Service.pb(run_v2.Service())
    if not packed.Unpack(service):
        return Condition()
    return condition_from(service.terminal_condition, scrub)
