"""Deploys of functions from source: the upload, the write, and the progress of the build that follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from google.cloud import functions_v2
from google.longrunning import operations_pb2

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.reads import AcceptedWrite
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy, UploadedSource
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.protos.messages import location_path, region_of
from cfconsole.gcp.releases.builds import build_state, function_state

Put: TypeAlias = Callable[[str, bytes], Awaitable[None]]
"""Uploads an archive to a signed URL. Raises `CloudError`."""

WRITE_TIMEOUT_S = 60.0
"""The API checks the source before it answers."""

_LIMITS = {"cpu": "available_cpu", "memory": "available_memory"}
_SERVES_LATEST = "service_config.all_traffic_on_latest_revision"


class CloudFunctions:
    """The functions port of a real or emulated Google Cloud."""

    def __init__(self, clients: Clients, limits: RateLimits, scrub: Scrubber, put: Put) -> None:
        self._client = clients.functions
        self._caller = ApiCaller("Cloud Functions", scrub)
        self._writes = Lanes(limits.functions_write)
        self._reads = Lanes(limits.functions_read)
        self._put = put
        self._scrub = scrub

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        """Uploads a zip archive for a deploy in this region (`GenerateUploadUrl`, then a PUT)."""
        request = functions_v2.GenerateUploadUrlRequest(
            parent=location_path(project, region), environment=functions_v2.Environment.GEN_2
        )
        answer = await self._caller.call(
            lambda: self._client.generate_upload_url(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S),
            self._writes.lane(project, region),
        )
        await self._put(answer.upload_url, archive)
        source = answer.storage_source
        return UploadedSource(source.bucket, source.object_, source.generation)

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> AcceptedWrite:
        """Starts a build and the deploy of its result (`CreateFunction`, `UpdateFunction`); never sent twice.

        Raises `CloudError`: CONFLICT while another write of the function is running, or where a function to create
        already exists.
        """
        present = await self._variables(deploy) if deploy.env and not create else {}
        function, paths = function_of(deploy, present)
        operation = await self._caller.call(
            lambda: self._create(deploy, function) if create else self._update(function, paths),
            self._writes.lane(deploy.key.project, deploy.key.region),
        )
        return AcceptedWrite(operation.operation.name)

    async def build_state(self, operation: str) -> BuildState:
        request = operations_pb2.GetOperationRequest(name=operation)
        lane = self._reads.lane(operation.partition("/locations/")[0], region_of(operation))
        found = await self._caller.call(
            lambda: self._client.get_operation(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S), lane
        )
        return build_state(found, self._scrub)

    async def source_build(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        """The progress of deploying that source, read from the function (`GetFunction`).

        Every upload has an object of its own, so the object identifies the source.
        """
        try:
            found = await self.read(key)
        except CloudError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return BuildState(False, accepted=False)
            raise
        return function_state(functions_v2.Function.pb(found), source, self._scrub)

    async def _variables(self, deploy: FunctionDeploy) -> dict[str, str]:
        """The variables that are set now. A mask can't name a single variable, so all of them are written."""
        return dict((await self.read(deploy.key)).service_config.environment_variables)

    async def read(self, key: ServiceKey) -> functions_v2.Function:
        """The function as it is now (`GetFunction`)."""
        request = functions_v2.GetFunctionRequest(name=_path(key))
        lane = self._reads.lane(f"projects/{key.project}", key.region)
        return await self._caller.call(
            lambda: self._client.get_function(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S), lane
        )

    def _create(self, deploy: FunctionDeploy, function: functions_v2.Function) -> Awaitable[Any]:
        request = functions_v2.CreateFunctionRequest(
            parent=location_path(deploy.key.project, deploy.key.region),
            function_id=deploy.key.name,
            function=function,
        )
        return self._client.create_function(request, retry=None, timeout=WRITE_TIMEOUT_S)

    def _update(self, function: functions_v2.Function, paths: list[str]) -> Awaitable[Any]:
        request = functions_v2.UpdateFunctionRequest(function=function, update_mask={"paths": paths})
        return self._client.update_function(request, retry=None, timeout=WRITE_TIMEOUT_S)


def function_of(
    deploy: FunctionDeploy, variables: Mapping[str, str] | None = None
) -> tuple[functions_v2.Function, list[str]]:
    """The function to send, and the smallest mask for it; fields outside the mask stay as they are.

    `variables` are the present ones of the function, where the deploy changes some of them.
    """
    source = functions_v2.StorageSource(
        bucket=deploy.source.bucket, object_=deploy.source.object, generation=deploy.source.generation
    )
    function = functions_v2.Function(
        name=_path(deploy.key),
        environment=functions_v2.Environment.GEN_2,
        build_config=functions_v2.BuildConfig(source=functions_v2.Source(storage_source=source)),
    )
    paths = ["build_config.source"]
    if deploy.runtime:
        function.build_config.runtime = deploy.runtime
        paths.append("build_config.runtime")
    if deploy.entry_point:
        function.build_config.entry_point = deploy.entry_point
        paths.append("build_config.entry_point")
    paths += _configure(function.service_config, deploy, variables or {})
    if deploy.serves_latest is not None:
        function.service_config.all_traffic_on_latest_revision = deploy.serves_latest
        paths.append(_SERVES_LATEST)
    return function, paths


def _configure(config: functions_v2.ServiceConfig, deploy: FunctionDeploy, variables: Mapping[str, str]) -> list[str]:
    """Sets variables and limits of the service behind the function, and returns the paths of what it set."""
    paths = []
    if deploy.env:
        merged = {**variables, **dict(deploy.env)}
        config.environment_variables = {name: value for name, value in merged.items() if value is not None}
        paths.append("service_config.environment_variables")
    for limit, value in deploy.limits:
        setattr(config, _LIMITS[limit], value)
        paths.append(f"service_config.{_LIMITS[limit]}")
    return paths


def _path(key: ServiceKey) -> str:
    return f"{location_path(key.project, key.region)}/functions/{key.name}"
