"""The admin endpoint: switches faults, shows the world, and makes things happen, at run time.

It is for game days and tests on the same machine; nothing of it exists in the real cloud.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cfconsole.emulator.control.rpc import FaultInterceptor
from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.faults import Fault, Faults
from cfconsole.emulator.gateway.serving import Gateway
from cfconsole.emulator.scenarios.scenario import Stage
from cfconsole.emulator.scenarios.stories import deploy, storm
from cfconsole.emulator.world.names import ServiceName, short
from cfconsole.emulator.world.traffic import LATEST, desired_targets
from cfconsole.emulator.world.world import ServiceRecord


class Admin:
    """Handlers of `/admin/...`. A body that makes no sense is answered with 400 and a sentence."""

    def __init__(self, stage: Stage, faults: Faults, gateway: Gateway, calls: FaultInterceptor) -> None:
        self._stage = stage
        self._faults = faults
        self._gateway = gateway
        self._calls = calls

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/admin/world", self._show_world),
            Route("/admin/faults", self._show_faults, methods=["GET"]),
            Route("/admin/faults", _checked(self._add_fault), methods=["POST"]),
            Route("/admin/faults", self._clear_faults, methods=["DELETE"]),
            Route("/admin/faults/{fault}", self._remove_fault, methods=["DELETE"]),
            Route("/admin/deploy", _checked(self._deploy), methods=["POST"]),
            Route("/admin/logs", _checked(self._write_logs), methods=["POST"]),
        ]

    async def _show_world(self, _: Request) -> Response:
        world = self._stage.world
        body = {
            "now": world.clock.now().isoformat(),
            "services": [_service_row(record, self._gateway) for record in world.services()],
            "writes": dict(world.writes),
            "calls": dict(self._calls.calls),
            "called_at": {method: at.isoformat() for method, at in self._calls.called_at.items()},
        }
        return JSONResponse(body)

    async def _show_faults(self, _: Request) -> Response:
        body = {
            "latency_ms": self._faults.latency_ms,
            "tail_silent": self._faults.tail_silent,
            "faults": {fault_id: asdict(fault) for fault_id, fault in self._faults.active.items()},
        }
        return JSONResponse(body)

    async def _clear_faults(self, _: Request) -> Response:
        self._faults.clear()
        return JSONResponse({})

    async def _remove_fault(self, request: Request) -> Response:
        found = self._faults.remove(request.path_params["fault"])
        return JSONResponse({}, 200 if found else 404)

    def _add_fault(self, body: dict[str, Any]) -> dict[str, Any]:
        """`kind` says which fault: `fault` (the default) takes the fields of `Fault`."""
        match body.pop("kind", "fault"):
            case "fault":
                return {"id": self._faults.add(Fault(**body))}
            case "lost-region":
                return {"id": self._faults.lose_region(body["region"])}
            case "denied":
                return {"id": self._faults.deny(body["method"], body["permission"])}
            case "expired-credentials":
                return {"id": self._faults.expire_credentials()}
            case "silent-tails":
                self._faults.tail_silent = True
            case "cut-tails":
                self._faults.cut_tails(body.get("status", "UNAVAILABLE"))
            case "mute-tails":
                self._faults.mute_tails()
            case "latency":
                self._faults.latency_ms = float(body["latency_ms"])
            case kind:
                raise ValueError(f"There is no fault of kind {kind!r}.")
        return {}

    def _deploy(self, body: dict[str, Any]) -> dict[str, Any]:
        name = self._service_named(body)
        return {"revision": deploy(self._stage.world, name, body["image_tag"], body.get("by", "ci@shop"))}

    def _write_logs(self, body: dict[str, Any]) -> dict[str, Any]:
        name = self._service_named(body)
        storming = storm(self._stage, name, int(body["per_second"]), float(body["seconds"]))
        self._stage.world.background.start(storming)
        return {}

    def _service_named(self, body: dict[str, Any]) -> ServiceName:
        found = [
            record.name
            for record in self._stage.world.services()
            if record.name.service == body["service"] and body.get("region", record.name.region) == record.name.region
        ]
        if len(found) != 1:
            raise ValueError(f"{len(found)} services are called {body['service']!r}; name one, with its region.")
        return found[0]


def _checked(act: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            return JSONResponse(act(body))
        except (ApiError, ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except KeyError as error:
            return JSONResponse({"error": f"The field {error} is missing."}, 400)

    return handle


def _service_row(record: ServiceRecord, gateway: Gateway) -> dict[str, Any]:
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
        "served": dict(served),
    }
