"""The HTTP application: services under `/run`, uploads, the alerts of Cloud Monitoring, and the admin endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from grpc import StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cfconsole.emulator.containers.container import IncomingRequest
from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.observability import Observability
from cfconsole.emulator.sources.uploads import UploadRefused, UploadStore, read_body
from cfconsole.emulator.world.names import ServiceName

GATEWAY_PREFIX = "/run"
LIST_ALERTS = "google.monitoring.v3.AlertService/ListAlerts"
"""The method name by which faults match the listing of alerts."""
MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""Cloud Run's limit for HTTP/1."""
_PLAIN_TEXT = (("content-type", "text/plain; charset=utf-8"),)
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# The HTTP status for a gRPC status (`google.rpc.Code`).
_HTTP_OF = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.UNAUTHENTICATED: 401,
    StatusCode.PERMISSION_DENIED: 403,
    StatusCode.NOT_FOUND: 404,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}
_TRACE = re.compile(r"[0-9a-f]{32}")


def http_app(
    gateway: Gateway, observability: Observability, uploads: UploadStore, admin: Sequence[BaseRoute]
) -> Starlette:
    """The application with all routes."""
    routes = _Routes(gateway, observability, uploads)
    service = GATEWAY_PREFIX + "/{project}/{region}/{service}"
    return Starlette(
        routes=[
            Route(service, routes.serve, methods=_METHODS),
            Route(service + "/{path:path}", routes.serve, methods=_METHODS),
            Route("/upload/{bucket}/{object}", routes.upload, methods=["PUT"]),
            Route("/v3/projects/{project}/alerts", routes.alerts),
            *admin,
        ]
    )


class _Routes:
    def __init__(self, gateway: Gateway, observability: Observability, uploads: UploadStore) -> None:
        self._gateway = gateway
        self._uploads = uploads
        self._observability = observability

    async def serve(self, request: Request) -> Response:
        parts = request.path_params
        service, _, tag = parts["service"].partition("@")
        host_tag, separator, _ = request.headers.get("host", "").partition("---")
        trace = request.headers.get("x-cloud-trace-context", "").partition("/")[0]
        try:
            body = await read_body(request.stream(), MAX_REQUEST_BYTES) if _has_body(request) else b""
        except UploadRefused:
            return PlainTextResponse("Request Entity Too Large\n", 413)
        reply = await self._gateway.answer(
            IncomingRequest(
                ServiceName(parts["project"], parts["region"], service),
                tag or (host_tag if separator else ""),
                request.method,
                parts.get("path", ""),
                request.url.query,
                request.headers.get("user-agent", ""),
                trace if _TRACE.fullmatch(trace) else "",
                tuple(request.headers.items()),
                body,
            )
        )
        response = Response(reply.body, reply.status, {"x-revision": reply.revision})
        for header, value in reply.headers or _PLAIN_TEXT:
            response.headers.append(header, value)
        return response

    async def upload(self, request: Request) -> Response:
        """Stores an upload to a signed address, as Cloud Storage does."""
        headers, place = request.headers, (request.path_params["bucket"], request.path_params["object"])
        signature = request.query_params.get("X-Goog-Signature", "")
        try:
            self._uploads.check(*place, signature, headers.get("content-type", ""), self._observability.clock.now())
            self._uploads.store(*place, await read_body(request.stream()))
        except UploadRefused as refusal:
            error = f"<Error><Code>{refusal.code}</Code><Message>{refusal}</Message></Error>"
            return Response(f"<?xml version='1.0' encoding='UTF-8'?>{error}", refusal.status, media_type="text/xml")
        return Response()

    async def alerts(self, request: Request) -> Response:
        """Cloud Monitoring v3 `projects.alerts.list`, which Google offers over REST only."""
        effect = self._observability.faults.apply(LIST_ALERTS, "")
        await self._observability.clock.sleep(effect.latency_ms / 1000)
        if effect.code:
            return _rest_error(_HTTP_OF.get(effect.code, 500), effect.code.name, effect.message)
        query = request.query_params
        try:
            listing = self._observability.alerts.list_alerts(
                request.path_params["project"],
                query.get("filter", ""),
                int(query.get("pageSize", "0") or 0),
                query.get("pageToken", ""),
            )
        except (ApiError, ValueError) as error:
            return _rest_error(400, "INVALID_ARGUMENT", str(error))
        return JSONResponse(listing)


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _rest_error(code: int, status: str, message: str) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "message": message, "status": status}}
    return JSONResponse(body, code)
