"""Carries writes to functions out: build, service, trigger, one stage after the other."""

from __future__ import annotations

from typing import NamedTuple

from google.cloud import functions_v2, run_v2
from google.protobuf import empty_pb2

from cfconsole.emulator.sources.build import BuildFailed, Built, build
from cfconsole.emulator.world.conditions import stamp
from cfconsole.emulator.world.function_operation import (
    ARTIFACT_REGISTRY,
    BUILD,
    SERVICE,
    TRIGGER,
    Progress,
    problem,
)
from cfconsole.emulator.world.function_service import note_service, service_name, wanted_service
from cfconsole.emulator.world.names import FunctionName
from cfconsole.emulator.world.services import begin_write, blank_record, delete_service
from cfconsole.emulator.world.world import ServiceRecord, World

MOST_IMAGES = 200
"""Built images beyond this many are forgotten, oldest first: a deploy of one of them is simulated then."""
_State = functions_v2.Function.State


class Deployment(NamedTuple):
    """One accepted write to a function."""

    name: FunctionName
    before: functions_v2.Function
    wanted: functions_v2.Function
    built: Built | None
    """The code to build; None if the image stays."""
    actor: str
    is_new: bool
    moves_traffic: bool = False
    """Whether the caller asked for the latest revision to serve, whatever the split is."""


async def deploy(world: World, deployment: Deployment, progress: Progress) -> None:
    """Builds and deploys; at the end the operation has the function, or an error that says why not."""
    try:
        image = await _build(world, deployment, deployment.built, progress) if deployment.built else ""
        record = await _deploy_service(world, deployment, image, progress)
    except _DeployFailed as failure:
        _give_up(world, deployment, progress, failure.kind, str(failure))
        return
    if deployment.wanted.event_trigger:
        progress.enter(TRIGGER)
    function = _settled(world, deployment, record, progress)
    world.functions[str(deployment.name)] = function
    progress.succeed(functions_v2.Function.pb(function))


async def remove(world: World, name: FunctionName, progress: Progress, actor: str) -> None:
    """Deletes the service of a function, then the function."""
    service = service_name(name)
    progress.enter(SERVICE, str(service))
    if world.find(service):
        delete_service(world, run_v2.DeleteServiceRequest(name=str(service)), service, actor)
    await world.clock.sleep(world.delays.delete_s)
    del world.functions[str(name)]
    progress.succeed(empty_pb2.Empty())


class _DeployFailed(Exception):
    """A stage failed; the text is what the operation says."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


async def _build(world: World, deployment: Deployment, built: Built, progress: Progress) -> str:
    """Builds the code; returns its image."""
    name = deployment.name
    progress.enter(ARTIFACT_REGISTRY)
    build_id = world.next_uid()
    progress.metadata.build_name = f"projects/{name.project}/locations/{name.region}/builds/{build_id}"
    progress.enter(BUILD, progress.metadata.build_name, _logs_of(name, progress))
    await world.clock.sleep(world.delays.build_s)
    try:
        await build(built)
    except BuildFailed as failure:
        raise _DeployFailed(
            "BuildFailed",
            f"Build failed with status: FAILURE and message: {failure}\n"
            f"For more details see the logs at {_logs_of(name, progress)}.",
        ) from failure
    repository = f"{name.region}-docker.pkg.dev/{name.project}/gcf-artifacts"
    image = f"{repository}/{name.project}__{name.region}__{name.function}:version_{build_id[:8]}"
    world.registry[image] = built
    while len(world.registry) > MOST_IMAGES:
        del world.registry[next(iter(world.registry))]
    return image


async def _deploy_service(world: World, deployment: Deployment, image: str, progress: Progress) -> ServiceRecord:
    name = service_name(deployment.name)
    progress.enter(SERVICE, str(name))
    record = world.find(name)
    method = "UpdateService"
    if record is None:
        record = blank_record(world, name, deployment.actor, world.clock.now())
        world.add(record)
        method = "CreateService"
    wanted = wanted_service(deployment.wanted, record.service, image, moves_traffic=deployment.moves_traffic)
    operation, settling = begin_write(world, record, wanted, deployment.actor, method)
    await settling
    if operation.HasField("error"):
        message = f"Could not create or update Cloud Run service {name.service}, {operation.error.message}"
        raise _DeployFailed("CloudRunServiceFailed", message)
    return record


def _settled(world: World, deployment: Deployment, record: ServiceRecord, progress: Progress) -> functions_v2.Function:
    function = functions_v2.Function(deployment.wanted)
    function.state = _State(_State.ACTIVE)
    function.state_messages = []
    function.update_time = stamp(world.clock.now())
    note_service(function, record)
    if deployment.built:
        function.build_config.build = progress.metadata.build_name
        source = function.build_config.source.storage_source
        source.generation = int(world.clock.now().timestamp() * 1_000_000)
        function.build_config.source_provenance = functions_v2.SourceProvenance(resolved_storage_source=source)
    return function


def _give_up(world: World, deployment: Deployment, progress: Progress, kind: str, message: str) -> None:
    """A function that served before goes on as it was; a new one has failed."""
    function = functions_v2.Function(deployment.wanted if deployment.is_new else deployment.before)
    function.state = _State(_State.FAILED if deployment.is_new else _State.ACTIVE)
    function.state_messages = [problem(kind, message)]
    function.update_time = stamp(world.clock.now())
    world.functions[str(deployment.name)] = function
    progress.fail(kind, message)


def _logs_of(name: FunctionName, progress: Progress) -> str:
    build_id = progress.metadata.build_name.rpartition("/")[2]
    return f"https://console.cloud.google.com/cloud-build/builds;region={name.region}/{build_id}?project={name.project}"
