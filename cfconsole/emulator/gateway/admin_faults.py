"""Faults injected through the admin endpoint: of calls, tails, metrics and the cloud; and its view of services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec.structs import asdict

from cfconsole.emulator.faults import Fault, Faults
from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.images import NOT_STARTED
from cfconsole.emulator.metrics.store import MetricStore
from cfconsole.emulator.world.failures import StartFailure
from cfconsole.emulator.world.names import ServiceName, short
from cfconsole.emulator.world.traffic import LATEST, desired_targets
from cfconsole.emulator.world.world import ServiceRecord, World

OPERATION_FAILED = "Internal error encountered. Please retry the operation."


class FaultSwitches:
    """All kinds of faults. A bad body raises `ValueError`, `TypeError` or `KeyError`."""

    def __init__(self, faults: Faults, world: World, metrics: MetricStore) -> None:
        self._faults = faults
        self._world = world
        self._metrics = metrics
        self._kinds: dict[str, Callable[[dict[str, Any]], str | None]] = {
            "fault": self._fault,
            "lost-region": self._lost_region,
            "denied": self._denied,
            "lost-answer": self._lost_answer,
            "expired-credentials": self._expired_credentials,
            "silent-tails": self._silent_tails,
            "cut-tails": self._cut_tails,
            "mute-tails": self._mute_tails,
            "latency": self._latency,
            "late-metrics": self._late_metrics,
            "failing-operation": self._failing_operation,
            "never-ready": self._never_ready,
            "request-logs": self._request_logs,
        }

    def as_json(self) -> dict[str, Any]:
        """The active faults."""
        failures = self._world.failures
        return {
            "latency_ms": self._faults.latency_ms,
            "tail_silent": self._faults.tail_silent,
            "late_metrics_s": self._metrics.extra_delay_s,
            "faults": {fault_id: asdict(fault) for fault_id, fault in self._faults.active.items()},
            "failing_operations": list(failures.operation_failures),
            "never_ready": [str(name) for name in failures.start_failures],
            "unlogged": sorted(str(name) for name in failures.unlogged),
        }

    def clear(self) -> None:
        """Removes all faults."""
        self._faults.clear()
        self._world.failures.clear()
        self._metrics.extra_delay_s = 0.0

    def remove(self, fault_id: str) -> bool:
        """Removes one fault of calls; False if there is none with this id."""
        return self._faults.remove(fault_id)

    def add(self, body: dict[str, Any]) -> dict[str, Any]:
        """Adds the fault of the given `kind`; `fault`, the default, takes the fields of `Fault`."""
        kind = body.pop("kind", "fault")
        if kind not in self._kinds:
            raise ValueError(f"There is no fault of kind {kind!r}; use one of {', '.join(self._kinds)}.")
        fault_id = self._kinds[kind](body)
        return {"id": fault_id} if fault_id else {}

    def _fault(self, body: dict[str, Any]) -> str:
        return self._faults.add(Fault(**body))

    def _lost_region(self, body: dict[str, Any]) -> str:
        return self._faults.lose_region(body["region"])

    def _denied(self, body: dict[str, Any]) -> str:
        return self._faults.deny(body["method"], body["permission"], int(body.get("after", 0)))

    def _lost_answer(self, body: dict[str, Any]) -> str:
        return self._faults.lose_answer(body["method"], int(body.get("times", 1)))

    def _expired_credentials(self, _: dict[str, Any]) -> str:
        return self._faults.expire_credentials()

    def _silent_tails(self, _: dict[str, Any]) -> None:
        self._faults.tail_silent = True

    def _cut_tails(self, body: dict[str, Any]) -> None:
        self._faults.cut_tails(body.get("status", "UNAVAILABLE"))

    def _mute_tails(self, _: dict[str, Any]) -> None:
        self._faults.mute_tails()

    def _latency(self, body: dict[str, Any]) -> None:
        self._faults.latency_ms = float(body["latency_ms"])

    def _late_metrics(self, body: dict[str, Any]) -> None:
        self._metrics.extra_delay_s = float(body["seconds"])

    def _failing_operation(self, body: dict[str, Any]) -> None:
        failures = [body.get("message", OPERATION_FAILED)] * int(body.get("times", 1))
        self._world.failures.operation_failures.extend(failures)

    def _never_ready(self, body: dict[str, Any]) -> None:
        """Makes the next new revision of a service fail after `after_s` seconds."""
        after_s = float(body.get("after_s", self._world.delays.revision_failed_s))
        failure = StartFailure(body.get("message", NOT_STARTED.format(port=8080)), after_s)
        self._world.failures.start_failures[service_named(self._world, body)] = failure

    def _request_logs(self, body: dict[str, Any]) -> None:
        """Excludes the requests of a service from the log, or includes them again if `excluded` is false."""
        name = service_named(self._world, body)
        unlogged = self._world.failures.unlogged
        if body.get("excluded", True):
            unlogged.add(name)
        else:
            unlogged.discard(name)


def service_named(world: World, body: dict[str, Any]) -> ServiceName:
    """The service that `service` and perhaps `region` of a body name. Raises `ValueError` unless one matches."""
    found = [
        record.name
        for record in world.services()
        if record.name.service == body["service"] and body.get("region", record.name.region) == record.name.region
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} services match {body['service']!r}; give the name and the region of one.")
    return found[0]


def service_row(record: ServiceRecord, gateway: Gateway) -> dict[str, Any]:
    """One service: its desired and effective split, its state, and its answers so far."""
    service = record.service
    served = Counter[str]()
    for (name, revision, status), count in gateway.served.items():
        if name == record.name:
            served[f"{revision} {status}"] += count
    return {
        "project": record.name.project,
        "region": record.name.region,
        "name": record.name.service,
        "uri": service.uri,
        "desired": [
            {"revision": "LATEST" if t.type_ == LATEST else t.revision, "percent": t.percent, "tag": t.tag}
            for t in desired_targets(service)
        ],
        "effective": [{"revision": s.revision, "percent": s.percent} for s in record.routing.shares],
        "tags": dict(record.routing.tags),
        "latest_created": short(service.latest_created_revision),
        "latest_ready": short(service.latest_ready_revision),
        "generation": service.generation,
        "reconciling": service.reconciling,
        "state": service.terminal_condition.state.name,
        "real": sorted(record.containers),
        "served": dict(served),
    }
