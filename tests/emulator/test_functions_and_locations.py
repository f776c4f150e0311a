"""Functions with their services, the regions of a project, and operations."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import functions_v2, run_v2
from google.cloud.location import locations_pb2
from google.longrunning import operations_pb2

from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS
from tests.emulator.conftest import EUROPE_PARENT, ORDERS, PARENT, Cloud, finished, to_revision

EVERYWHERE = f"projects/{PROJECT}/locations/-"


async def test_lists_functions_of_all_regions_and_their_services(cloud: Cloud) -> None:
    pager = await cloud.functions.list_functions(parent=EVERYWHERE)
    functions = [function async for function in pager]
    assert len(functions) == 4
    for function in functions:
        service = await cloud.service(function.service_config.service)
        assert service.uri == function.url


async def test_lists_functions_of_one_region(cloud: Cloud) -> None:
    pager = await cloud.functions.list_functions(parent=EUROPE_PARENT)
    names = {function.name.rpartition("/")[2] async for function in pager}
    assert names == {"nightly-report", "send-receipt"}


async def test_filters_functions_by_generation(cloud: Cloud) -> None:
    for generation, count in (("GEN_1", 0), ("GEN_2", 4)):
        request = functions_v2.ListFunctionsRequest(parent=EVERYWHERE, filter=f'environment="{generation}"')
        pager = await cloud.functions.list_functions(request=request)
        assert len([function async for function in pager]) == count


async def test_names_the_regions_it_could_not_reach(cloud: Cloud) -> None:
    cloud.emulator.faults.lose_region("europe-west1")
    pager = await cloud.functions.list_functions(parent=EVERYWHERE)
    assert [function.name async for function in pager if function.name.startswith(EUROPE_PARENT)] == []
    assert list(pager.unreachable) == [EUROPE_PARENT]


async def test_an_unknown_function_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound):
        await cloud.functions.get_function(name=f"{PARENT}/functions/no-such")


async def test_lists_the_regions_of_a_project(cloud: Cloud) -> None:
    request = locations_pb2.ListLocationsRequest(name=f"projects/{PROJECT}")
    response = await cloud.functions.list_locations(request=request)
    assert tuple(location.location_id for location in response.locations) == REGIONS


async def test_operations_can_be_found_again(cloud: Cloud) -> None:
    older = (await cloud.revision_names())[1]
    operation = await cloud.begin_update(run_v2.Service(name=ORDERS, traffic=[to_revision(older)]), "traffic")
    await finished(operation)
    request = operations_pb2.GetOperationRequest(name=operation.operation.name)
    found = await cloud.services.get_operation(request=request)
    assert found.done
    assert run_v2.Service.deserialize(found.response.value).traffic_statuses[0].revision == older
    listing = await cloud.services.list_operations(
        request=operations_pb2.ListOperationsRequest(name=f"{PARENT}/operations")
    )
    assert [each.name for each in listing.operations] == [found.name]
