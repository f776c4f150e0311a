"""Deployments of functions, stage by stage: build, service, trigger."""

from __future__ import annotations

from google.cloud import functions_v2, run_v2
from google.protobuf import empty_pb2
from msgspec import Struct

from cfconsole.emulator.sources.build import BuildFailed, FunctionCode, build
from cfconsole.emulator.world.conditions import stamp
from cfconsole.emulator.world.function_operation import (
    ARTIFACT_REGISTRY,
    BUILD,
    SERVICE,
    TRIGGER,
    FunctionOperation,
    error_message,
)
from cfconsole.emulator.world.function_service import desired_service, record_service, service_name
from cfconsole.emulator.world.names import FunctionName
from cfconsole.emulator.world.services import begin_write, blank_record, delete_service
from cfconsole.emulator.world.world import ServiceRecord, World

MAX_IMAGES = 200
"""Older images beyond this number are dropped; revisions deployed from them later are simulated."""
_State = functions_v2.Function.State


class Deployment(Struct, frozen=True):
    """One accepted write to a function."""

    name: FunctionName
    before: functions_v2.Function
    desired: functions_v2.Function
    code: FunctionCode | None
    """The code to build; None keeps the image."""
    actor: str
    is_new: bool
    moves_traffic: bool = False
    """Whether all traffic moves to the latest revision, whatever the split is."""


async def deploy(world: World, deployment: Deployment, operation: FunctionOperation) -> None:
    """Builds and deploys; ends the operation with the function or an error."""
    try:
        image = await _build(world, deployment, deployment.code, operation) if deployment.code else ""
        record = await _deploy_service(world, deployment, image, operation)
    except _StageFailed as failure:
        _fail(world, deployment, operation, failure.kind, str(failure))
        return
    if deployment.desired.event_trigger:
        operation.enter(TRIGGER)
    function = _deployed_function(world, deployment, record, operation)
    world.functions[str(deployment.name)] = function
    operation.succeed(functions_v2.Function.pb(function))


async def remove(world: World, name: FunctionName, operation: FunctionOperation, actor: str) -> None:
    """Deletes the service of a function, then the function."""
    service = service_name(name)
    operation.enter(SERVICE, str(service))
    if world.find(service):
        delete_service(world, run_v2.DeleteServiceRequest(name=str(service)), service, actor)
    await world.clock.sleep(world.delays.delete_s)
    del world.functions[str(name)]
    operation.succeed(empty_pb2.Empty())


class _StageFailed(Exception):
    """A stage failed; the message is the operation's error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


async def _build(world: World, deployment: Deployment, code: FunctionCode, operation: FunctionOperation) -> str:
    """Builds the code and returns its image."""
    name = deployment.name
    operation.enter(ARTIFACT_REGISTRY)
    build_id = world.next_uid()
    operation.metadata.build_name = f"projects/{name.project}/locations/{name.region}/builds/{build_id}"
    operation.enter(BUILD, operation.metadata.build_name, _build_log_url(name, operation))
    await world.clock.sleep(world.delays.build_s)
    try:
        await build(code)
    except BuildFailed as failure:
        raise _StageFailed(
            "BuildFailed",
            f"Build failed with status: FAILURE and message: {failure}\n"
            f"For more details see the logs at {_build_log_url(name, operation)}.",
        ) from failure
    repository = f"{name.region}-docker.pkg.dev/{name.project}/gcf-artifacts"
    image = f"{repository}/{name.project}__{name.region}__{name.function}:version_{build_id[:8]}"
    world.built_images[image] = code
    while len(world.built_images) > MAX_IMAGES:
        del world.built_images[next(iter(world.built_images))]
    return image


async def _deploy_service(
    world: World, deployment: Deployment, image: str, operation: FunctionOperation
) -> ServiceRecord:
    name = service_name(deployment.name)
    operation.enter(SERVICE, str(name))
    record = world.find(name)
    method = "UpdateService"
    if record is None:
        record = blank_record(world, name, deployment.actor, world.clock.now())
        world.add(record)
        method = "CreateService"
    desired = desired_service(deployment.desired, record.service, image, moves_traffic=deployment.moves_traffic)
    service_operation, reconciling = begin_write(world, record, desired, deployment.actor, method)
    await reconciling
    if service_operation.HasField("error"):
        message = f"Could not create or update Cloud Run service {name.service}, {service_operation.error.message}"
        raise _StageFailed("CloudRunServiceFailed", message)
    return record


def _deployed_function(
    world: World, deployment: Deployment, record: ServiceRecord, operation: FunctionOperation
) -> functions_v2.Function:
    function = functions_v2.Function(deployment.desired)
    function.state = _State(_State.ACTIVE)
    function.state_messages = []
    function.update_time = stamp(world.clock.now())
    record_service(function, record)
    if deployment.code:
        function.build_config.build = operation.metadata.build_name
        source = function.build_config.source.storage_source
        source.generation = int(world.clock.now().timestamp() * 1_000_000)
        function.build_config.source_provenance = functions_v2.SourceProvenance(resolved_storage_source=source)
    return function


def _fail(world: World, deployment: Deployment, operation: FunctionOperation, kind: str, message: str) -> None:
    """Ends the operation with an error. A new function is marked as failed; an existing one stays as it was."""
    function = functions_v2.Function(deployment.desired if deployment.is_new else deployment.before)
    function.state = _State(_State.FAILED if deployment.is_new else _State.ACTIVE)
    function.state_messages = [error_message(kind, message)]
    function.update_time = stamp(world.clock.now())
    world.functions[str(deployment.name)] = function
    operation.fail(kind, message)


def _build_log_url(name: FunctionName, operation: FunctionOperation) -> str:
    build_id = operation.metadata.build_name.rpartition("/")[2]
    return f"https://console.cloud.google.com/cloud-build/builds;region={name.region}/{build_id}?project={name.project}"
