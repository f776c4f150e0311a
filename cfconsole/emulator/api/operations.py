"""The gRPC services every Google API shares: long-running operations and locations."""

from __future__ import annotations

from typing import Any

from google.cloud.location import locations_pb2
from google.longrunning import operations_pb2

from cfconsole.emulator.api.rpc import handlers, unary
from cfconsole.emulator.errors import not_found, not_implemented
from cfconsole.emulator.world.names import Location, parse_location
from cfconsole.emulator.world.pages import page_of
from cfconsole.emulator.world.world import World


class OperationsServicer:
    """`google.longrunning.Operations` and `google.cloud.location.Locations`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def generic_handlers(self) -> list[Any]:
        operations = {
            "GetOperation": unary(self._get_operation, operations_pb2.GetOperationRequest, operations_pb2.Operation),
            "ListOperations": unary(
                self._list_operations,
                operations_pb2.ListOperationsRequest,
                operations_pb2.ListOperationsResponse,
            ),
        }
        locations = {
            "ListLocations": unary(
                self._list_locations, locations_pb2.ListLocationsRequest, locations_pb2.ListLocationsResponse
            ),
            "GetLocation": unary(self._get_location, locations_pb2.GetLocationRequest, locations_pb2.Location),
        }
        return [
            handlers("google.longrunning.Operations", operations),
            handlers("google.cloud.location.Locations", locations),
        ]

    def _get_operation(self, request: Any) -> Any:
        return self._world.operations.get(request.name)

    def _list_operations(self, request: Any) -> Any:
        location = parse_location(request.name.removesuffix("/operations"))
        found = self._world.operations.of_location(location)
        page, token = page_of(found, request.page_size, request.page_token)
        return operations_pb2.ListOperationsResponse(operations=page, next_page_token=token)

    def _list_locations(self, request: Any) -> Any:
        project = request.name.removeprefix("projects/")
        if project == request.name or "/" in project:
            raise not_implemented()
        page, token = page_of(self._world.locations(project), request.page_size, request.page_token)
        rows = [_location(location) for location in page]
        return locations_pb2.ListLocationsResponse(locations=rows, next_page_token=token)

    def _get_location(self, request: Any) -> Any:
        location = parse_location(request.name)
        if location not in self._world.locations(location.project):
            raise not_found("LOCATION", request.name)
        return _location(location)


def _location(location: Location) -> Any:
    return locations_pb2.Location(name=str(location), location_id=location.region, display_name=location.region)
