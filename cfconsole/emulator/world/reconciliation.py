"""Reconciliation of services: brings the effective state to the desired one after a write.

While it runs, the effective values are the old ones. It either succeeds, with the effective split equal to the desired
one, or fails, and the last serving split stays (Cloud Run v2 `Service.reconciling`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc
from google.cloud import run_v2

from cfconsole.emulator.world.conditions import (
    FAILED,
    READY,
    RECONCILING,
    SUCCEEDED,
    condition,
    has_failed,
    is_ready,
    message_of,
    stamp,
)
from cfconsole.emulator.world.names import short
from cfconsole.emulator.world.revisions import mark_retired, start
from cfconsole.emulator.world.traffic import LATEST, desired_targets, routing_of, statuses_of
from cfconsole.emulator.world.world import ServiceRecord, World


def begin(record: ServiceRecord, at: datetime) -> None:
    """Marks a service as reconciling."""
    service = record.service
    service.reconciling = True
    service.terminal_condition = condition(READY, RECONCILING, at, "Deploying.")
    record.in_flight += 1


async def reconcile(world: World, record: ServiceRecord, operation: Any, revision: run_v2.Revision | None) -> None:
    """Reconciles one write: starts its new `revision`, if any, and ends its operation."""
    if revision is not None:
        await start(world, record, revision)
    await world.clock.sleep(world.delays.traffic_s)
    record.in_flight -= 1
    problem = settle(world, record, world.clock.now(), world.failures.operation_failure())
    if revision is not None and has_failed(revision):
        problem = message_of(revision.conditions)
    raw = run_v2.Service.pb(record.service)
    if problem:
        world.operations.fail(operation, raw, grpc.StatusCode.FAILED_PRECONDITION, problem)
    else:
        world.operations.finish(operation, raw)


def settle(world: World, record: ServiceRecord, at: datetime, injected: str = "") -> str:
    """Brings the effective values as close to the desired ones as the revisions allow.

    Returns why the desired split does not serve, or "" if it does or is still pending. As in Knative, a service whose
    newest revision failed stays failed even if its requests deliberately go elsewhere. `injected` is the message of
    an injected failure.
    """
    service = record.service
    created = record.revisions.get(short(service.latest_created_revision))
    problem, awaited = (injected, False) if injected else _obstacle(record, created)
    if not problem and not awaited:
        _serve_desired(world, record)
        mark_retired(record, at)
    creation_failure = message_of(created.conditions) if created and has_failed(created) else ""
    service.update_time = stamp(at)
    service.etag = world.next_etag()
    if record.in_flight:
        return problem
    service.reconciling = False
    if not problem:
        service.observed_generation = service.generation
    _conclude(service, problem, creation_failure, at)
    return problem


def _obstacle(record: ServiceRecord, created: run_v2.Revision | None) -> tuple[str, bool]:
    """What keeps the desired split from serving: the message of a failure, or whether a revision is still starting."""
    awaited = False
    for target in desired_targets(record.service):
        revision = created if target.type_ == LATEST else record.revisions.get(target.revision)
        if revision is None:
            return f"Revision '{target.revision}' does not exist.", False
        if has_failed(revision):
            return message_of(revision.conditions), False
        awaited = awaited or not is_ready(revision)
    return "", awaited


def _serve_desired(world: World, record: ServiceRecord) -> None:
    service = record.service
    ready = [revision.name for revision in record.revisions.values() if is_ready(revision)]
    service.latest_ready_revision = ready[-1] if ready else ""
    service.traffic_statuses = statuses_of(desired_targets(service), lambda tag: world.uri(record.name, tag))
    record.routing = routing_of(service)


def _conclude(service: run_v2.Service, problem: str, creation_failure: str, at: datetime) -> None:
    failure = creation_failure or problem
    service.terminal_condition = condition(READY, FAILED if failure else SUCCEEDED, at, failure)
    service.conditions = [
        condition("ConfigurationsReady", FAILED if creation_failure else SUCCEEDED, at, creation_failure),
        condition("RoutesReady", FAILED if problem else SUCCEEDED, at, problem),
    ]
