"""The Cloud Functions of a project (2nd gen), by the service that runs each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from google.cloud import functions_v2
from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient

from cfconsole.domain.fleet.services import Function, Unreachable
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.protos.messages import Proto, enum_name, last_part, location_path, region_of, service_key

FunctionPlace = tuple[str, str]
"""Region and service name, without the project, which the API may give as a number."""

_GEN_2 = functions_v2.Environment.GEN_2


class FunctionsRead(NamedTuple):
    """The functions of a project by their service, and the regions that could not be read."""

    facets: Mapping[FunctionPlace, Function]
    unreachable: tuple[Unreachable, ...] = ()


class Functions:
    """Lists functions (Cloud Functions v2 `ListFunctions`); unlike services, for all regions in one call."""

    def __init__(self, client: FunctionServiceAsyncClient, caller: ApiCaller, lanes: Lanes) -> None:
        self._client = client
        self._caller = caller
        self._lanes = lanes

    async def read(self, project: str, region: str = "-") -> FunctionsRead:
        """All 2nd gen functions. Raises `CloudError`."""
        request = functions_v2.ListFunctionsRequest(parent=location_path(project, region), page_size=1000)
        return await self._caller.call(lambda: self._pages(request), self._lanes.lane(project))

    async def _pages(self, request: functions_v2.ListFunctionsRequest) -> FunctionsRead:
        facets: dict[FunctionPlace, Function] = {}
        unreachable: dict[str, Unreachable] = {}
        pager = await self._client.list_functions(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
        async for page in pager.pages:
            raw = functions_v2.ListFunctionsResponse.pb(page)
            facets.update(self._facets(raw.functions))
            unreachable.update((region_of(place), self._unreachable(place)) for place in raw.unreachable)
        return FunctionsRead(facets, tuple(unreachable.values()))

    def _facets(self, functions: Proto) -> dict[FunctionPlace, Function]:
        scrub = self._caller.scrub
        named = ((service_key(f.service_config.service), f) for f in functions if is_second_generation(f))
        return {(key.region, key.name): function_from(f, scrub) for key, f in named if key is not None}

    def _unreachable(self, place: str) -> Unreachable:
        region = self._caller.scrub.line(region_of(place))
        return Unreachable(region, f"Functions of {region} could not be read.")


def is_second_generation(pb: Proto) -> bool:
    """Whether a function is 2nd gen; `ListFunctions` returns 1st gen too, which has no Cloud Run service."""
    return bool(pb.environment == _GEN_2)


def function_from(pb: Proto, scrub: Scrubber) -> Function:
    """A function, from Cloud Functions v2 `Function`."""
    return Function(
        name=scrub.line(last_part(pb.name)),
        state=enum_name(pb, "state"),
        runtime=scrub.line(pb.build_config.runtime),
        entry_point=scrub.line(pb.build_config.entry_point),
        event_trigger=scrub.line(pb.event_trigger.event_type),
        all_traffic_on_latest=pb.service_config.all_traffic_on_latest_revision,
        messages=tuple(scrub(m.message) for m in pb.state_messages),
    )
