"""The emulator has every method the console calls, and no unknown ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.functions_v2.services.function_service import transports as functions
from google.cloud.logging_v2.services.logging_service_v2 import transports as logging
from google.cloud.monitoring_v3.services.alert_policy_service import transports as policies
from google.cloud.monitoring_v3.services.metric_service import transports as metrics
from google.cloud.monitoring_v3.services.snooze_service import transports as snoozes
from google.cloud.run_v2.services.revisions import transports as revisions
from google.cloud.run_v2.services.services import transports as services

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.observability import Observability
from cfconsole.emulator.server import all_handlers
from cfconsole.emulator.world.world import World
from tests.modules import PACKAGE, source_files

GCP = PACKAGE / "gcp"
TRANSPORTS = (
    functions.FunctionServiceGrpcAsyncIOTransport,
    logging.LoggingServiceV2GrpcAsyncIOTransport,
    policies.AlertPolicyServiceGrpcAsyncIOTransport,
    metrics.MetricServiceGrpcAsyncIOTransport,
    snoozes.SnoozeServiceGrpcAsyncIOTransport,
    revisions.RevisionsGrpcAsyncIOTransport,
    services.ServicesGrpcAsyncIOTransport,
)
NOT_CALLED = {
    "google.cloud.functions.v2.FunctionService": {"DeleteFunction"},
    "google.cloud.location.Locations": {"GetLocation"},
    "google.cloud.run.v2.Revisions": {"GetRevision"},
    "google.cloud.run.v2.Services": {
        "CreateService",
        "DeleteService",
        "GetIamPolicy",
        "SetIamPolicy",
        "TestIamPermissions",
    },
    "google.logging.v2.LoggingServiceV2": {"ListLogs"},
    "google.longrunning.Operations": {"ListOperations"},
    "google.monitoring.v3.AlertPolicyService": {"GetAlertPolicy"},
    "google.monitoring.v3.MetricService": {"ListMetricDescriptors"},
    "google.monitoring.v3.SnoozeService": {"CreateSnooze", "GetSnooze", "ListSnoozes", "UpdateSnooze"},
}
"""Methods used only by tests, by hand and by coming features. The list may only shrink unless reviewed."""


def attributes_called() -> set[str]:
    """The names of all methods the adapters call on any object."""
    trees = [ast.parse(file.read_text()) for file in source_files(GCP)]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}


def paths_of(transport: Any, names: set[str]) -> Iterator[str]:
    """The gRPC methods of the transport among `names`."""
    for name in names & set(dir(type(transport))):
        method = getattr(getattr(transport, name), "_method", b"")
        if method:
            yield method.decode().removeprefix("/")


async def methods_called() -> set[str]:
    """The gRPC methods the console calls."""
    names = attributes_called()
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        return {path for make in TRANSPORTS for path in paths_of(make(channel=channel), names)}


def methods_served() -> set[str]:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    observability = Observability(clock, Faults(), sample_period_s=10, ingest_delay_s=10)
    handlers = all_handlers(World(clock, observability.logs), observability.faults, observability)
    return {path.removeprefix("/") for handler in handlers for path in handler._method_handlers}


async def test_the_emulator_has_every_method_the_console_calls() -> None:
    called = await methods_called()
    assert "google.cloud.run.v2.Services/UpdateService" in called
    assert "google.longrunning.Operations/GetOperation" in called
    assert called - methods_served() == set()


async def test_the_emulator_has_no_unlisted_method() -> None:
    known = {f"{service}/{method}" for service, methods in NOT_CALLED.items() for method in methods}
    assert methods_served() - await methods_called() - known == set()
