"""Writes to services by the rules of Cloud Run v2: `CreateService`, `UpdateService` and `DeleteService`."""

from __future__ import annotations

import re
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import grpc
from google.cloud import run_v2

from cfconsole.emulator.errors import ApiError, etag_conflict, invalid_argument, not_found
from cfconsole.emulator.world import reconciliation
from cfconsole.emulator.world.audit import SERVICES_API, audit_entry, audit_request
from cfconsole.emulator.world.conditions import stamp
from cfconsole.emulator.world.masks import MUTABLE, merged
from cfconsole.emulator.world.names import Location, ServiceName
from cfconsole.emulator.world.revisions import add_revision, check_revision_name
from cfconsole.emulator.world.traffic import check_targets
from cfconsole.emulator.world.world import ServiceRecord, World

_SERVICE_ID = re.compile(r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?")


def create_service(
    world: World, location: Location, service_id: str, sent: run_v2.Service, actor: str, validate_only: bool
) -> Any:
    """Creates a service and its first revision; returns the operation (Cloud Run v2 `CreateService`)."""
    if not _SERVICE_ID.fullmatch(service_id):
        raise invalid_argument(f"service_id: '{service_id}' is not a valid service name.")
    name = ServiceName(*location, service_id)
    if world.find(name):
        raise ApiError(grpc.StatusCode.ALREADY_EXISTS, f"Resource '{service_id}' already exists.")
    record = blank_record(world, name, actor, world.clock.now())
    desired = merged(record.service, sent, MUTABLE)
    _check_split(desired, record)
    if not validate_only:
        world.add(record)
    return _write(world, record, desired, actor, "CreateService", validate_only)


def update_service(world: World, request: run_v2.UpdateServiceRequest, name: ServiceName, actor: str) -> Any:
    """Changes the fields in the mask; returns the operation (Cloud Run v2 `UpdateService`).

    A stale etag is ABORTED. A new revision is made only if the template changes.
    """
    record = world.find(name)
    if record is None and request.allow_missing:
        return create_service(world, name.location, name.service, request.service, actor, request.validate_only)
    if record is None:
        raise not_found("SERVICE", str(name))
    sent = request.service
    if sent.etag and sent.etag != record.service.etag:
        raise etag_conflict(str(name), sent.etag, record.service.etag)
    desired = merged(record.service, sent, list(request.update_mask.paths))
    _check_split(desired, record)
    return _write(world, record, desired, actor, "UpdateService", request.validate_only, audit_request(request))


def delete_service(world: World, request: run_v2.DeleteServiceRequest, name: ServiceName, actor: str) -> Any:
    """Deletes a service with its revisions after a delay; returns the operation (Cloud Run v2 `DeleteService`)."""
    record = world.record(name)
    if request.etag and request.etag != record.service.etag:
        raise etag_conflict(str(name), request.etag, record.service.etag)
    operation = world.operations.begin(name.location, run_v2.Service.pb(record.service))
    if request.validate_only:
        world.operations.finish(operation, run_v2.Service.pb(record.service))
        return operation
    record.service.delete_time = stamp(world.clock.now())
    _record_write(world, name, "DeleteService", actor)
    world.background.start(_delete(world, record, operation))
    return operation


def blank_record(world: World, name: ServiceName, creator: str, at: datetime) -> ServiceRecord:
    """A service without revisions, not yet part of the world."""
    uri = world.uri(name)
    service = run_v2.Service(
        name=str(name),
        uid=world.next_uid(),
        generation=0,
        create_time=at,
        update_time=at,
        creator=creator,
        last_modifier=creator,
        ingress=run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
        uri=uri,
        urls=[uri],
        etag=world.next_etag(),
    )
    return ServiceRecord(name, service)


def apply_write(
    world: World, record: ServiceRecord, desired: run_v2.Service, actor: str, at: datetime
) -> run_v2.Revision | None:
    """Makes `desired` the desired state; adds and returns the new revision if the template needs one."""
    current = record.service
    revision = None
    if needs_revision(record, desired):
        revision = add_revision(world, record, desired.template, actor, at)
        desired.latest_created_revision = revision.name
    if _differs(current, desired):
        desired.generation = current.generation + 1
    desired.last_modifier = actor
    desired.update_time = stamp(at)
    desired.etag = world.next_etag()
    record.service = desired
    return revision


def _write(
    world: World,
    record: ServiceRecord,
    desired: run_v2.Service,
    actor: str,
    method: str,
    validate_only: bool,
    request_json: dict[str, Any] | None = None,
) -> Any:
    if needs_revision(record, desired):
        check_revision_name(record, desired.template.revision)
    _check_scaling(desired.scaling)
    if validate_only:
        operation = world.operations.begin(record.name.location, run_v2.Service.pb(desired))
        world.operations.finish(operation, run_v2.Service.pb(desired))
        return operation
    operation, reconciling = begin_write(world, record, desired, actor, method, request_json)
    world.background.start(reconciling)
    return operation


def begin_write(
    world: World,
    record: ServiceRecord,
    desired: run_v2.Service,
    actor: str,
    method: str,
    request_json: dict[str, Any] | None = None,
) -> tuple[Any, Coroutine[Any, Any, None]]:
    """Accepts a write; returns its operation and the coroutine that reconciles the service.

    `request_json` is the request in the audit record.
    """
    now = world.clock.now()
    revision = apply_write(world, record, desired, actor, now)
    reconciliation.begin(record, now)
    _record_write(world, record.name, method, actor, request_json)
    operation = world.operations.begin(record.name.location, run_v2.Service.pb(record.service))
    return operation, reconciliation.reconcile(world, record, operation, revision)


def _record_write(
    world: World, name: ServiceName, method: str, actor: str, request_json: dict[str, Any] | None = None
) -> None:
    world.writes[method] += 1
    now, id_ = world.clock.now(), world.next_uid()
    entry = audit_entry(name, f"{SERVICES_API}.{method}", actor, now, id_, request=request_json)
    world.logs.write(entry)


def _check_split(desired: run_v2.Service, record: ServiceRecord) -> None:
    """Checks the split, which may name existing revisions and the new one of the template."""
    named = {desired.template.revision} - {""}
    check_targets(desired.traffic, record.revisions.keys() | named)


def needs_revision(record: ServiceRecord, desired: run_v2.Service) -> bool:
    """Whether the template of `desired` needs a new revision."""
    current, template = record.service.template, desired.template
    if not record.revisions:
        return True
    if current == template:
        return False
    unnamed = run_v2.RevisionTemplate(template)
    unnamed.revision = current.revision
    return current != unnamed or bool(template.revision)


def _check_scaling(scaling: run_v2.ServiceScaling) -> None:
    """Checks the service-level limits of instances."""
    minimum, maximum = scaling.min_instance_count, scaling.max_instance_count
    if minimum < 0 or maximum < 0 or (maximum and minimum > maximum):
        raise invalid_argument("scaling: min_instance_count must be between 0 and max_instance_count.")


def _differs(current: run_v2.Service, desired: run_v2.Service) -> bool:
    return any(getattr(current, name) != getattr(desired, name) for name in MUTABLE)


async def _delete(world: World, record: ServiceRecord, operation: Any) -> None:
    await world.clock.sleep(world.delays.delete_s)
    world.remove(record.name)
    world.operations.finish(operation, run_v2.Service.pb(record.service))
