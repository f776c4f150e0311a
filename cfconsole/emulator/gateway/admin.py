"""The admin endpoint: injects faults, shows the world and changes it at run time.

It serves tests and game days on the same machine; the real cloud has nothing like it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from google.cloud import run_v2
from google.protobuf import field_mask_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cfconsole.emulator.api.rpc import FaultInterceptor
from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.gateway.admin_faults import FaultSwitches, service_named, service_row
from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.logs.tail_sessions import TailSessions
from cfconsole.emulator.scenarios.scenario import StoryContext
from cfconsole.emulator.scenarios.stories import deploy, storm
from cfconsole.emulator.world.services import update_service
from cfconsole.emulator.world.traffic import LATEST, REVISION

DEFAULT_ACTOR = "ci@shop"
"""The author of deploys and splits made through this endpoint."""


class Admin:
    """The handlers of `/admin/...`. A bad body is answered with 400 and a message."""

    def __init__(
        self,
        story_context: StoryContext,
        gateway: Gateway,
        calls: FaultInterceptor,
        switches: FaultSwitches,
        tails: TailSessions,
    ) -> None:
        self._story_context = story_context
        self._gateway = gateway
        self._calls = calls
        self._switches = switches
        self._tails = tails

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/admin/world", self._get_world),
            Route("/admin/faults", self._list_faults, methods=["GET"]),
            Route("/admin/faults", _json_handler(self._switches.add), methods=["POST"]),
            Route("/admin/faults", self._clear_faults, methods=["DELETE"]),
            Route("/admin/faults/{fault}", self._remove_fault, methods=["DELETE"]),
            Route("/admin/deploy", _json_handler(self._deploy), methods=["POST"]),
            Route("/admin/traffic", _json_handler(self._shift_traffic), methods=["POST"]),
            Route("/admin/logs", _json_handler(self._write_logs), methods=["POST"]),
        ]

    async def _get_world(self, _: Request) -> Response:
        world = self._story_context.world
        body = {
            "now": world.clock.now().isoformat(),
            "services": [service_row(record, self._gateway) for record in world.services()],
            "writes": dict(world.writes),
            "calls": dict(self._calls.calls),
            "tail_sessions": self._tails.open_sessions,
            "called_at": {method: at.isoformat() for method, at in self._calls.called_at.items()},
        }
        return JSONResponse(body)

    async def _list_faults(self, _: Request) -> Response:
        return JSONResponse(self._switches.as_json())

    async def _clear_faults(self, _: Request) -> Response:
        self._switches.clear()
        return JSONResponse({})

    async def _remove_fault(self, request: Request) -> Response:
        found = self._switches.remove(request.path_params["fault"])
        return JSONResponse({}, 200 if found else 404)

    def _deploy(self, body: dict[str, Any]) -> dict[str, Any]:
        world = self._story_context.world
        name = service_named(world, body)
        return {"revision": deploy(world, name, body["image_tag"], body.get("by", DEFAULT_ACTOR))}

    def _shift_traffic(self, body: dict[str, Any]) -> dict[str, Any]:
        """Sets a split as another user: `targets` with revision (none for the latest), percent and tag."""
        world = self._story_context.world
        name = service_named(world, body)
        targets = [
            run_v2.TrafficTarget(
                type_=REVISION if target.get("revision") else LATEST,
                revision=target.get("revision", ""),
                percent=target.get("percent", 0),
                tag=target.get("tag", ""),
            )
            for target in body["targets"]
        ]
        request = run_v2.UpdateServiceRequest(
            service=run_v2.Service(name=str(name), traffic=targets),
            update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
        )
        update_service(world, request, name, body.get("by", DEFAULT_ACTOR))
        return {"generation": world.record(name).service.generation}

    def _write_logs(self, body: dict[str, Any]) -> dict[str, Any]:
        world = self._story_context.world
        storming = storm(
            self._story_context, service_named(world, body), int(body["per_second"]), float(body["seconds"])
        )
        world.background.start(storming)
        return {}


def _json_handler(act: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            return JSONResponse(act(body))
        except (ApiError, ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except KeyError as error:
            return JSONResponse({"error": f"The field {error} is missing."}, 400)

    return handle
