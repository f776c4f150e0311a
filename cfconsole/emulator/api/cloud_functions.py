"""The gRPC service of Cloud Functions v2. The traffic of a function is that of its Cloud Run service."""

from __future__ import annotations

import re
from typing import Any

from google.cloud import functions_v2
from google.longrunning import operations_pb2

from cfconsole.emulator.api.rpc import handlers, unary
from cfconsole.emulator.errors import invalid_argument, not_found
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.world import functions
from cfconsole.emulator.world.function_service import function_as_read
from cfconsole.emulator.world.names import WILDCARD, parse_function, parse_location
from cfconsole.emulator.world.pages import page_of
from cfconsole.emulator.world.world import World

FUNCTIONS_API = "google.cloud.functions.v2.FunctionService"
_ENVIRONMENT_FILTER = re.compile(r'\s*environment\s*[=:]\s*"?(GEN_[12])"?\s*')


class FunctionsServicer:
    """`google.cloud.functions.v2.FunctionService`."""

    def __init__(self, world: World, faults: Faults, principal: str) -> None:
        self._world = world
        self._principal = principal
        self._faults = faults

    def generic_handlers(self) -> list[Any]:
        methods = {
            "ListFunctions": unary(self._list, functions_v2.ListFunctionsRequest, functions_v2.ListFunctionsResponse),
            "GetFunction": unary(self._get, functions_v2.GetFunctionRequest, functions_v2.Function),
            "GenerateUploadUrl": unary(
                self._generate_upload_url,
                functions_v2.GenerateUploadUrlRequest,
                functions_v2.GenerateUploadUrlResponse,
            ),
            "CreateFunction": unary(self._create, functions_v2.CreateFunctionRequest, operations_pb2.Operation),
            "UpdateFunction": unary(self._update, functions_v2.UpdateFunctionRequest, operations_pb2.Operation),
            "DeleteFunction": unary(self._delete, functions_v2.DeleteFunctionRequest, operations_pb2.Operation),
        }
        return [handlers(FUNCTIONS_API, methods)]

    def _list(self, request: functions_v2.ListFunctionsRequest) -> functions_v2.ListFunctionsResponse:
        """Functions of one region, or of all regions for `-`; lost regions are then reported as unreachable."""
        parent = parse_location(request.parent)
        regions = self._world.locations(parent.project) if parent.region == WILDCARD else [parent]
        lost = [region for region in regions if region.region in self._faults.lost_regions()]
        reached = {region for region in regions if region not in lost}
        environment = _environment_of(request.filter)
        found = [
            function_as_read(self._world, function)
            for name, function in sorted(self._world.functions.items())
            if parse_function(name).location in reached and environment in (None, function.environment.name)
        ]
        page, token = page_of(found, request.page_size, request.page_token)
        return functions_v2.ListFunctionsResponse(
            functions=page, next_page_token=token, unreachable=[str(region) for region in lost]
        )

    def _get(self, request: functions_v2.GetFunctionRequest) -> functions_v2.Function:
        parse_function(request.name)
        if request.name not in self._world.functions:
            raise not_found("FUNCTION", request.name)
        return function_as_read(self._world, self._world.functions[request.name])

    def _generate_upload_url(
        self, request: functions_v2.GenerateUploadUrlRequest
    ) -> functions_v2.GenerateUploadUrlResponse:
        return functions.generate_upload_url(self._world, parse_location(request.parent))

    def _create(self, request: functions_v2.CreateFunctionRequest) -> Any:
        return functions.create_function(self._world, request, parse_location(request.parent), self._principal)

    def _update(self, request: functions_v2.UpdateFunctionRequest) -> Any:
        return functions.update_function(self._world, request, self._principal)

    def _delete(self, request: functions_v2.DeleteFunctionRequest) -> Any:
        return functions.delete_function(self._world, parse_function(request.name), self._principal)


def _environment_of(text: str) -> str | None:
    if not text:
        return None
    match = _ENVIRONMENT_FILTER.fullmatch(text)
    if match is None:
        raise invalid_argument(f'filter: only environment="GEN_1" or "GEN_2" is supported, not: {text}')
    return match.group(1)
