"""Writes to functions by the rules of Cloud Functions v2: `CreateFunction`, `UpdateFunction`, `DeleteFunction`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import grpc
from google.cloud import functions_v2
from google.protobuf import field_mask_pb2

from cfconsole.emulator.errors import ApiError, failed_precondition, invalid_argument, not_found
from cfconsole.emulator.sources.build import FunctionCode
from cfconsole.emulator.world.conditions import stamp
from cfconsole.emulator.world.function_deployment import Deployment, deploy, remove
from cfconsole.emulator.world.function_operation import ARTIFACT_REGISTRY, BUILD, SERVICE, TRIGGER, FunctionOperation
from cfconsole.emulator.world.function_service import function_as_read, service_name
from cfconsole.emulator.world.names import FunctionName, Location, parse_function
from cfconsole.emulator.world.world import World

MUTABLE = ("description", "build_config", "service_config", "event_trigger", "labels", "kms_key_name")
"""The fields of a function that callers can set."""
_BUILD_FIELDS = ("build_config", "event_trigger")
_TRAFFIC_PATHS = {"service_config", "service_config.all_traffic_on_latest_revision"}
_FUNCTION_ID = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_State = functions_v2.Function.State


def generate_upload_url(world: World, location: Location) -> functions_v2.GenerateUploadUrlResponse:
    """A URL for one PUT of a zip file (`FunctionService.GenerateUploadUrl`)."""
    if not world.gateway_url:
        raise failed_precondition("The emulator serves no HTTP, so nothing can be uploaded to it.")
    slot = world.uploads.reserve(location, world.clock.now())
    base = world.gateway_url.rpartition("/")[0]
    return functions_v2.GenerateUploadUrlResponse(
        upload_url=f"{base}/upload/{slot.bucket}/{slot.object_name}?X-Goog-Signature={slot.signature}",
        storage_source=functions_v2.StorageSource(bucket=slot.bucket, object_=slot.object_name),
    )


def create_function(world: World, request: functions_v2.CreateFunctionRequest, location: Location, actor: str) -> Any:
    """Builds and deploys a new function; returns the operation (`FunctionService.CreateFunction`)."""
    if not _FUNCTION_ID.fullmatch(request.function_id):
        raise invalid_argument(f"function_id: '{request.function_id}' is not a valid function name.")
    name = FunctionName(*location, request.function_id)
    if str(name) in world.functions or world.find(service_name(name)):
        raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"Could not create function {name}, it already exists.")
    now = world.clock.now()
    blank = functions_v2.Function(
        name=str(name),
        environment=functions_v2.Environment.GEN_2,
        create_time=now,
        update_time=now,
    )
    desired = _merged(blank, request.function, MUTABLE)
    code = _uploaded_code(world, desired)
    return _begin(world, Deployment(name, blank, desired, code, actor, is_new=True))


def update_function(world: World, request: functions_v2.UpdateFunctionRequest, actor: str) -> Any:
    """Changes the fields in the mask, with a new build if the code changes; returns the operation.

    Without a mask all fields are changed (`FunctionService.UpdateFunction`).
    """
    name = parse_function(request.function.name)
    stored = world.functions.get(str(name))
    if stored is None:
        raise not_found("FUNCTION", str(name))
    if stored.state in (_State.DEPLOYING, _State.DELETING):
        message = f"An operation on function {name.function} in region {name.region} is already in progress."
        raise ApiError(grpc.StatusCode.ABORTED, f"{message} Please try again later.")
    paths = list(request.update_mask.paths) or list(MUTABLE)
    before = function_as_read(world, stored)
    desired = _merged(before, request.function, paths)
    needs_build = any(path.partition(".")[0] in _BUILD_FIELDS for path in paths)
    code = _uploaded_code(world, desired) if needs_build else None
    moves = desired.service_config.all_traffic_on_latest_revision and not _TRAFFIC_PATHS.isdisjoint(paths)
    return _begin(world, Deployment(name, before, desired, code, actor, is_new=False, moves_traffic=moves))


def delete_function(world: World, name: FunctionName, actor: str) -> Any:
    """Deletes a function with its service; returns the operation (`FunctionService.DeleteFunction`)."""
    function = world.functions.get(str(name))
    if function is None:
        raise not_found("FUNCTION", str(name))
    function.state = _State(_State.DELETING)
    operation = FunctionOperation(world, name, "delete", "DELETE_FUNCTION", [SERVICE])
    world.writes["DeleteFunction"] += 1
    world.background.start(remove(world, name, operation, actor))
    return operation.operation


def _begin(world: World, deployment: Deployment) -> Any:
    kind = "CREATE_FUNCTION" if deployment.is_new else "UPDATE_FUNCTION"
    stages = [ARTIFACT_REGISTRY, BUILD, SERVICE] if deployment.code else [SERVICE]
    if deployment.desired.event_trigger:
        stages.append(TRIGGER)
    operation = FunctionOperation(world, deployment.name, kind.partition("_")[0].lower(), kind, stages)
    deploying = functions_v2.Function(deployment.before)
    deploying.state = _State(_State.DEPLOYING)
    deploying.state_messages = []
    deploying.update_time = stamp(world.clock.now())
    world.functions[str(deployment.name)] = deploying
    world.writes["CreateFunction" if deployment.is_new else "UpdateFunction"] += 1
    world.background.start(deploy(world, deployment, operation))
    return operation.operation


def _merged(current: functions_v2.Function, sent: functions_v2.Function, paths: Sequence[str]) -> functions_v2.Function:
    descriptor: Any = functions_v2.Function.pb().DESCRIPTOR
    for path in paths:
        known = field_mask_pb2.FieldMask(paths=[path]).IsValidForDescriptor(descriptor)
        if not known or path.partition(".")[0] not in MUTABLE:
            raise invalid_argument(f"update_mask: '{path}' is not a field of Function that can be updated.")
    result = functions_v2.Function(current)
    mask = field_mask_pb2.FieldMask(paths=paths)
    mask.MergeMessage(functions_v2.Function.pb(sent), functions_v2.Function.pb(result), True, True)
    return result


def _uploaded_code(world: World, desired: functions_v2.Function) -> FunctionCode:
    """The uploaded code. Raises `ApiError` (INVALID_ARGUMENT) if it is missing or the emulator can't run it."""
    config = desired.build_config
    if not config.runtime.startswith("python3"):
        raise invalid_argument(f"build_config.runtime: the emulator runs python3 only, not '{config.runtime}'.")
    if not config.entry_point.isidentifier():
        raise invalid_argument("build_config.entry_point: must be the name of a function.")
    source = config.source.storage_source
    archive = world.uploads.get(source.bucket, source.object_) if source else None
    if archive is None:
        raise invalid_argument("build_config.source: nothing was uploaded there; use GenerateUploadUrl and PUT first.")
    module = config.environment_variables.get("GOOGLE_FUNCTION_SOURCE", "main.py")
    return FunctionCode(archive, config.entry_point, "cloudevent" if desired.event_trigger else "http", module)
