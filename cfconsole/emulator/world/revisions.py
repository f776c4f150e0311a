"""Revisions: creation from a template, start, listing and deletion."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from google.cloud import run_v2
from google.logging.type import log_severity_pb2
from google.protobuf.message import Message

from cfconsole.emulator.containers.container import ContainerSettings
from cfconsole.emulator.errors import etag_conflict, failed_precondition, invalid_argument, not_found, revision_conflict
from cfconsole.emulator.images import MISSING_IMAGE, behaviour_of
from cfconsole.emulator.world.audit import REVISIONS_API, audit_entry, system_entry
from cfconsole.emulator.world.conditions import FAILED, READY, RECONCILING, SUCCEEDED, condition, retired, stamp
from cfconsole.emulator.world.names import WILDCARD, RevisionName, ServiceName, short
from cfconsole.emulator.world.traffic import desired_targets
from cfconsole.emulator.world.world import ServiceRecord, World

DEFAULT_TIMEOUT_S = 300.0
_REVISION_ID = re.compile(r"[a-z][-a-z0-9]{0,61}[a-z0-9]")


def image_of(revision: run_v2.Revision) -> str:
    """The image of the container that takes requests: the first with ports, or else the first."""
    containers = list(revision.containers)
    serving = next((c for c in containers if c.ports), containers[0] if containers else None)
    return serving.image if serving else ""


def add_revision(
    world: World, record: ServiceRecord, template: run_v2.RevisionTemplate, creator: str, at: datetime
) -> run_v2.Revision:
    """Adds a revision made from `template`, not yet Ready, with the name in the template or a generated one."""
    check_revision_name(record, template.revision)
    name = template.revision or f"{record.name.service}-{record.next_number:05d}-{world.next_suffix()}"
    record.next_number += 1
    revision = run_v2.Revision(
        name=f"{record.name}/revisions/{name}",
        uid=world.next_uid(),
        generation=1,
        create_time=at,
        update_time=at,
        service=record.name.service,
        creator=creator,
        etag=world.next_etag(),
        reconciling=True,
    )
    _copy_template(run_v2.RevisionTemplate.pb(template), run_v2.Revision.pb(revision))
    revision.conditions = [condition(READY, RECONCILING, at, "Deploying revision.")]
    record.revisions[name] = revision
    record.behaviours[name] = behaviour_of(image_of(revision))
    _add_container(world, record, revision)
    return revision


def check_revision_name(record: ServiceRecord, name: str) -> None:
    """Checks the revision name in a template as Cloud Run v2 `UpdateService` does; an empty name is valid.

    A name that exists is ALREADY_EXISTS, one that does not begin with the service's name INVALID_ARGUMENT.
    """
    if name in record.revisions:
        raise revision_conflict(name)
    if name and not (name.startswith(f"{record.name.service}-") and _REVISION_ID.fullmatch(name)):
        raise invalid_argument(f"template.revision: '{name}' must be a name that begins with '{record.name.service}-'.")


def _add_container(world: World, record: ServiceRecord, revision: run_v2.Revision) -> None:
    """Adds a container with real code if the image was built from source."""
    code = world.built_images.get(image_of(revision))
    if code and world.container_host:
        name = RevisionName(*record.name, short(revision.name))
        record.containers[name.revision] = world.container_host.container(name, code, _settings(revision))


def _settings(revision: run_v2.Revision) -> ContainerSettings:
    environment = {each.name: each.value for container in revision.containers for each in container.env}
    timeout_s: float = run_v2.Revision.pb(revision).timeout.seconds or DEFAULT_TIMEOUT_S
    return ContainerSettings(environment, timeout_s)


def start_failure(revision: run_v2.Revision) -> str:
    """Why this revision will not become Ready; empty if it will."""
    image = image_of(revision)
    reason = behaviour_of(image).start_failure.format(image=image)
    return _not_ready(revision, reason) if reason else ""


def _not_ready(revision: run_v2.Revision, reason: str) -> str:
    return f"Revision '{short(revision.name)}' is not ready and cannot serve traffic. {reason}"


async def start(world: World, record: ServiceRecord, revision: run_v2.Revision) -> None:
    """Starts the revision's container and then sets its conditions."""
    failure = world.failures.start_failure(record.name)
    if failure:
        await world.clock.sleep(failure.after_s)
        finish_start(world, record, revision, world.clock.now(), failure.message)
        return
    await world.clock.sleep(start_delay_s(world, revision))
    container = record.containers.get(short(revision.name))
    reason = await container.start() if container else ""
    finish_start(world, record, revision, world.clock.now(), reason)


def start_delay_s(world: World, revision: run_v2.Revision) -> float:
    """How long the start of this revision takes, successful or not."""
    behaviour = behaviour_of(image_of(revision))
    if behaviour.start_failure and behaviour.name != MISSING_IMAGE:
        return world.delays.revision_failed_s
    return world.delays.revision_ready_s


def finish_start(
    world: World, record: ServiceRecord, revision: run_v2.Revision, at: datetime, reason: str = ""
) -> None:
    """Ends the start of a revision: it is Ready, or has failed for good with a message in the system log.

    `reason` is the reason of a failure; if empty, the revision fails as its image simulates.
    """
    failure = _not_ready(revision, reason) if reason else start_failure(revision)
    state = FAILED if failure else SUCCEEDED
    revision.reconciling = False
    revision.observed_generation = revision.generation
    revision.update_time = stamp(at)
    revision.etag = world.next_etag()
    revision.conditions = [
        condition(READY, state, at, failure),
        condition("ContainerHealthy", state, at, failure),
        condition("ResourcesAvailable", SUCCEEDED, at),
    ]
    if failure:
        name = short(revision.name)
        severity = log_severity_pb2.ERROR
        world.logs.write(system_entry(record.name, name, failure, severity, at, world.next_uid()))


def mark_retired(record: ServiceRecord, at: datetime) -> None:
    """Updates the Active condition of every revision by the effective split."""
    for name, revision in record.revisions.items():
        is_marked = any(c.type_ == "Active" for c in revision.conditions)
        is_idle = not record.routing.uses(name) and not revision.reconciling
        if is_idle and not is_marked:
            revision.conditions.append(retired(at))
            if container := record.containers.get(name):
                container.stop()
        elif is_marked and not is_idle:
            revision.conditions = [c for c in revision.conditions if c.type_ != "Active"]


def get_revision(world: World, name: RevisionName) -> run_v2.Revision:
    """The revision of this name. Raises `ApiError` (NOT_FOUND)."""
    revision = world.record(name.parent).revisions.get(name.revision)
    if revision is None:
        raise not_found("REVISION", str(name))
    return revision


def list_revisions(world: World, parent: ServiceName) -> list[run_v2.Revision]:
    """The revisions of one service, or of a whole region for `services/-`, newest first."""
    records = world.services_in(parent.location) if parent.service == WILDCARD else [world.record(parent)]
    found = [revision for record in records for revision in record.revisions.values()]
    return sorted(found, key=_age, reverse=True)


def _age(revision: run_v2.Revision) -> tuple[int, str]:
    return run_v2.Revision.pb(revision).create_time.ToNanoseconds(), revision.name


def delete_revision(world: World, request: run_v2.DeleteRevisionRequest, name: RevisionName, actor: str) -> Any:
    """Deletes a revision. FAILED_PRECONDITION for one that can get requests, the only one or the newest."""
    record = world.record(name.parent)
    revision = get_revision(world, name)
    if request.etag and request.etag != revision.etag:
        raise etag_conflict(str(name), request.etag, revision.etag)
    _check_deletable(record, name.revision)
    operation = world.operations.begin(name.parent.location, run_v2.Revision.pb(revision))
    if not request.validate_only:
        del record.revisions[name.revision]
        del record.behaviours[name.revision]
        if container := record.containers.pop(name.revision, None):
            container.stop()
        revision.delete_time = stamp(world.clock.now())
        world.writes["DeleteRevision"] += 1
        method = f"{REVISIONS_API}.DeleteRevision"
        world.logs.write(
            audit_entry(record.name, method, actor, world.clock.now(), world.next_uid(), resource=str(name))
        )
    world.operations.finish(operation, run_v2.Revision.pb(revision))
    return operation


def _check_deletable(record: ServiceRecord, revision: str) -> None:
    desired = {target.revision for target in desired_targets(record.service)}
    if record.routing.uses(revision) or revision in desired:
        raise failed_precondition(f"Revision '{revision}' can receive traffic and can't be deleted.")
    if len(record.revisions) == 1:
        raise failed_precondition(f"Revision '{revision}' is the only revision and can't be deleted.")
    if revision == short(record.service.latest_created_revision):
        raise failed_precondition(f"Revision '{revision}' is the latest revision and can't be deleted.")


def _copy_template(template: Any, revision: Any) -> None:
    known = revision.DESCRIPTOR.fields_by_name
    for descriptor, value in template.ListFields():
        if descriptor.name not in known:
            continue
        if isinstance(value, Message):
            getattr(revision, descriptor.name).CopyFrom(value)
        elif hasattr(value, "MergeFrom"):
            getattr(revision, descriptor.name).MergeFrom(value)
        else:
            setattr(revision, descriptor.name, value)
