"""Functions from source: upload, build, real processes, requests through the gateway, rollback."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import functions_v2, run_v2

from cfconsole.emulator.containers.process import ProcessContainer
from cfconsole.emulator.world.names import parse_service
from tests.emulator.conftest import Cloud, finished, to_revision
from tests.emulator.function_deploys import (
    FUNCTION,
    HELLO,
    SERVICE,
    begin_create,
    begin_redeploy,
    begin_update,
    create,
    folder_zipped,
    get,
    put,
    upload_address,
    zipped,
)
from tests.example_function import EXAMPLE_ENTRY_POINT, EXAMPLE_FUNCTION

ACTIVE = functions_v2.Function.State.ACTIVE
COMPLETE = functions_v2.Stage.State.COMPLETE
Stages = functions_v2.Stage.Name


def processes(cloud: Cloud, service: str = SERVICE) -> dict[str, int | None]:
    """The supervisor's process id of every revision with real code, by short name."""
    record = cloud.emulator.world.record(parse_service(service))
    found = {}
    for name, container in record.containers.items():
        assert isinstance(container, ProcessContainer)
        found[name] = container.pid
    return found


def entries(cloud: Cloud, log: str) -> list[Any]:
    logs = cloud.emulator.observability.logs
    decoded = [entry.decoded() for entry in logs.slice(0, len(logs))]
    return [entry for entry in decoded if entry.log_name.endswith(f"%2F{log}")]


async def entry_saying(cloud: Cloud, log: str, words: str) -> Any:
    """Waits for the first entry of a log that contains these words."""
    async with asyncio.timeout(10):
        while True:
            for entry in entries(cloud, log):
                if words in str(entry):
                    return entry
            await asyncio.sleep(0.02)


async def test_the_example_function_is_built_served_and_logged(served_cloud: Cloud) -> None:
    function = await create(served_cloud, folder_zipped(EXAMPLE_FUNCTION), EXAMPLE_ENTRY_POINT)
    assert function.state == ACTIVE
    service = await served_cloud.service(SERVICE)
    assert function.service_config.service == service.name
    assert function.service_config.revision == service.latest_ready_revision.rpartition("/")[2]
    trace = "0af7651916cd43dd8448eb211c80319c"
    reply = await get(f"{function.url}/?name=Ada", headers={"x-cloud-trace-context": f"{trace}/1"})
    assert reply.json() == {"greeting": "Hello, Ada!", "revision": function.service_config.revision}
    line = await entry_saying(served_cloud, "stdout", "greeted Ada")
    assert dict(line.json_payload) == {"message": "greeted Ada", "path": "/"}
    assert (line.severity, line.trace) == (200, trace)
    [request] = entries(served_cloud, "requests")
    assert request.trace.endswith(trace)
    assert request.http_request.status == 200


async def test_an_operation_has_stages(served_cloud: Cloud) -> None:
    operation = await begin_create(served_cloud, zipped({"main.py": HELLO}))
    await finished(operation, 30)
    metadata = operation.metadata
    assert [stage.name for stage in metadata.stages] == [Stages.ARTIFACT_REGISTRY, Stages.BUILD, Stages.SERVICE]
    assert {stage.state for stage in metadata.stages} == {COMPLETE}
    assert metadata.build_name.startswith("projects/shop-prod/locations/us-central1/builds/")
    assert metadata.operation_type == functions_v2.OperationType.CREATE_FUNCTION
    assert "cloud-build/builds" in metadata.stages[1].resource_uri


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"main.py": "def hello(:\n"}, ['File "./main.py", line 1', "SyntaxError: invalid syntax"]),
        ({"app.py": HELLO}, ["missing main.py"]),
        ({"main.py": HELLO, "requirements.txt": "flask ==3\n!!\n"}, ["Invalid requirement: '!!'", "line 2"]),
        ({"main.py": HELLO, "requirements.txt": b"\xff\xfe\xfa"}, ["requirements.txt can't be read"]),
        ({"../main.py": HELLO}, ["outside its folder"]),
    ],
)
async def test_a_failed_build_contains_its_output(
    served_cloud: Cloud, files: dict[str, str | bytes], lines: list[str]
) -> None:
    operation = await begin_create(served_cloud, zipped(files))
    with pytest.raises(exceptions.GoogleAPICallError, match="Build failed with status: FAILURE") as failure:
        await finished(operation, 30)
    assert all(line in str(failure.value) for line in lines)
    [build] = [stage for stage in operation.metadata.stages if stage.name == Stages.BUILD]
    assert lines[0] in build.state_messages[0].message
    function = await served_cloud.functions.get_function(name=FUNCTION)
    assert function.state == functions_v2.Function.State.FAILED
    with pytest.raises(exceptions.NotFound):
        await served_cloud.service(SERVICE)


async def test_a_missing_entry_point_is_a_revision_that_never_becomes_ready(served_cloud: Cloud) -> None:
    made = await create(served_cloud, zipped({"main.py": HELLO}))
    function = functions_v2.Function(name=FUNCTION)
    function.build_config.entry_point = "goodbye"
    function.build_config.runtime = "python311"
    operation = await begin_update(served_cloud, function, "build_config.entry_point")
    with pytest.raises(exceptions.GoogleAPICallError, match="to contain a function named 'goodbye'"):
        await finished(operation, 30)
    service = await served_cloud.service(SERVICE)
    assert service.latest_ready_revision != service.latest_created_revision
    assert (await get(made.url)).text == "hello"
    after = await served_cloud.functions.get_function(name=FUNCTION)
    assert (after.state, after.build_config.entry_point) == (ACTIVE, "hello")
    assert not after.service_config.all_traffic_on_latest_revision
    assert "goodbye" in (await entry_saying(served_cloud, "stderr", "MissingTarget")).text_payload


async def test_a_rollback_starts_the_old_code_again_and_ends_the_new(served_cloud: Cloud) -> None:
    made = await create(served_cloud, zipped({"main.py": HELLO}))
    await finished(await begin_redeploy(served_cloud, zipped({"main.py": HELLO.replace('"hello"', '"bye"')})), 30)
    assert (await get(made.url)).text == "bye"
    newest, older = await served_cloud.revision_names(SERVICE)
    assert processes(served_cloud)[older] is None
    await served_cloud.update(run_v2.Service(name=SERVICE, traffic=[to_revision(older)]), "traffic")
    assert (await get(made.url)).text == "hello"
    assert processes(served_cloud)[newest] is None
    read = await served_cloud.functions.get_function(name=FUNCTION)
    assert not read.service_config.all_traffic_on_latest_revision


async def test_a_request_in_flight_survives_the_retirement_of_its_revision(served_cloud: Cloud, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    source = f"""
import os, time
def hello(request):
    print("begun")
    while not os.path.exists({str(go_on)!r}):
        time.sleep(0.01)
    return "finished"
"""
    made = await create(served_cloud, zipped({"main.py": source}))
    under_way = asyncio.ensure_future(get(made.url))
    await entry_saying(served_cloud, "stdout", "begun")
    await finished(await begin_redeploy(served_cloud, zipped({"main.py": HELLO})), 30)
    assert (await get(made.url)).text == "hello"
    go_on.mkdir()
    assert (await under_way).text == "finished"


async def test_requests_to_a_stopped_function_wait_for_its_start(served_cloud: Cloud) -> None:
    made = await create(served_cloud, zipped({"main.py": HELLO}))
    await finished(await begin_redeploy(served_cloud, zipped({"main.py": HELLO.replace('"hello"', '"bye"')})), 30)
    older = (await served_cloud.revision_names(SERVICE))[1]
    await served_cloud.update(run_v2.Service(name=SERVICE, traffic=[to_revision(older)]), "traffic")
    replies = await asyncio.gather(*(get(made.url) for _ in range(8)))
    assert [reply.text for reply in replies] == ["hello"] * 8


async def test_a_function_that_can_not_start_again_is_unavailable(served_cloud: Cloud, tmp_path: Path) -> None:
    marker = tmp_path / "started"
    once = f"import os\nos.mkdir({str(marker)!r})\n{HELLO}"
    made = await create(served_cloud, zipped({"main.py": once}))
    await finished(await begin_redeploy(served_cloud, zipped({"main.py": HELLO})), 30)
    older = (await served_cloud.revision_names(SERVICE))[1]
    await served_cloud.update(run_v2.Service(name=SERVICE, traffic=[to_revision(older)]), "traffic")
    replies = await asyncio.gather(*(get(made.url) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {503}


async def test_bodies_and_headers_go_both_ways(served_cloud: Cloud) -> None:
    source = """
def hello(request):
    body = request.get_data(as_text=True)
    return body.upper(), 418, {"x-heard": request.headers["x-said"], "content-type": "text/tea"}
"""
    made = await create(served_cloud, zipped({"main.py": source}))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        reply = await client.post(made.url, content="earl grey", headers={"x-said": "please"})
    assert (reply.status_code, reply.text, reply.headers["x-heard"]) == (418, "EARL GREY", "please")
    assert reply.headers["content-type"] == "text/tea"
    assert reply.headers["x-revision"] == made.service_config.revision


async def test_a_request_that_takes_too_long_is_cut_off(served_cloud: Cloud) -> None:
    source = HELLO.replace('return "hello"', "import time; time.sleep(30)")
    made = await create(served_cloud, zipped({"main.py": source}), timeout_seconds=1)
    assert (await get(made.url)).status_code == 504


async def test_a_pinned_function_keeps_its_split_unless_it_asks_for_the_latest(served_cloud: Cloud) -> None:
    await create(served_cloud, zipped({"main.py": HELLO}))
    [first] = await served_cloud.revision_names(SERVICE)
    await served_cloud.update(run_v2.Service(name=SERVICE, traffic=[to_revision(first, tag="old")]), "traffic")
    again = zipped({"main.py": HELLO.replace('"hello"', '"bye"')})
    await finished(await begin_redeploy(served_cloud, again), 30)
    service = await served_cloud.service(SERVICE)
    assert [status.revision for status in service.traffic_statuses] == [first]
    assert (await get(service.traffic_statuses[0].uri)).text == "hello"
    function = functions_v2.Function(name=FUNCTION, service_config={"all_traffic_on_latest_revision": True})
    await finished(await begin_update(served_cloud, function, "service_config.all_traffic_on_latest_revision"), 30)
    assert (await get(service.uri)).text == "bye"


async def test_variables_reach_the_code_and_an_update_of_them_builds_nothing(served_cloud: Cloud) -> None:
    source = HELLO.replace('"hello"', '__import__("os").environ["COLOUR"]')
    made = await create(served_cloud, zipped({"main.py": source}), environment_variables={"COLOUR": "red"})
    assert (await get(made.url)).text == "red"
    function = functions_v2.Function(name=FUNCTION, service_config={"environment_variables": {"COLOUR": "blue"}})
    operation = await begin_update(served_cloud, function, "service_config.environment_variables")
    await finished(operation, 30)
    assert [stage.name for stage in operation.metadata.stages] == [Stages.SERVICE]
    assert (await get(made.url)).text == "blue"


async def test_a_traceback_is_one_entry_and_a_failing_request(served_cloud: Cloud) -> None:
    made = await create(served_cloud, zipped({"main.py": HELLO.replace('return "hello"', "raise ValueError('XTS')")}))
    assert (await get(made.url)).status_code == 500
    entry = await entry_saying(served_cloud, "stderr", "ValueError: XTS")
    assert entry.text_payload.startswith("Traceback (most recent call last):\n")
    assert entry.severity == 500


async def test_code_that_dies_answers_503_and_is_started_again(served_cloud: Cloud) -> None:
    source = HELLO.replace('return "hello"', "import os, signal; os.killpg(0, signal.SIGKILL)")
    made = await create(served_cloud, zipped({"main.py": source}))
    assert (await get(made.url)).status_code == 503
    assert (await get(made.url)).status_code == 503


async def test_a_function_on_simulated_code_takes_real_code(served_cloud: Cloud) -> None:
    name = FUNCTION.replace("hello", "resize-image")
    function = functions_v2.Function(name=name)
    source = zipped({"main.py": HELLO.replace("def hello", "def resize")})
    await finished(await begin_redeploy(served_cloud, source, name), 30)
    function = await served_cloud.functions.get_function(name=name)
    assert (await get(function.url)).text == "hello"


async def test_a_deleted_function_takes_its_service_and_process_with_it(served_cloud: Cloud) -> None:
    await create(served_cloud, zipped({"main.py": HELLO}))
    record = served_cloud.emulator.world.record(parse_service(SERVICE))
    await finished(await served_cloud.functions.delete_function(name=FUNCTION))
    with pytest.raises(exceptions.NotFound):
        await served_cloud.functions.get_function(name=FUNCTION)
    with pytest.raises(exceptions.NotFound):
        await served_cloud.service(SERVICE)
    assert [container.pid for container in record.containers.values() if isinstance(container, ProcessContainer)] == [
        None
    ]


async def test_code_that_can_not_be_built_is_refused_at_once(served_cloud: Cloud) -> None:
    function = functions_v2.Function(build_config={"runtime": "python311", "entry_point": "hello"})
    with pytest.raises(exceptions.InvalidArgument, match="GenerateUploadUrl"):
        await served_cloud.functions.create_function(parent=FUNCTION[:-16], function=function, function_id="hello")
    function.build_config.runtime = "go122"
    with pytest.raises(exceptions.InvalidArgument, match="python3"):
        await served_cloud.functions.create_function(parent=FUNCTION[:-16], function=function, function_id="hello")
    with pytest.raises(exceptions.InvalidArgument, match="'state' is not a field"):
        await begin_update(served_cloud, functions_v2.Function(name=FUNCTION.replace("hello", "order-events")), "state")
    with pytest.raises(exceptions.NotFound):
        await begin_update(served_cloud, functions_v2.Function(name=FUNCTION), "labels")


async def test_a_function_takes_one_write_at_a_time(served_cloud: Cloud) -> None:
    operation = await begin_create(served_cloud, zipped({"main.py": HELLO}))
    with pytest.raises(exceptions.Aborted, match="already in progress"):
        await begin_update(served_cloud, functions_v2.Function(name=FUNCTION), "labels")
    await finished(operation, 30)
    with pytest.raises(exceptions.AlreadyExists):
        await begin_create(served_cloud, zipped({"main.py": HELLO}))


async def test_an_upload_is_a_zip_file_of_bounded_size_to_a_signed_address(served_cloud: Cloud) -> None:
    address = await upload_address(served_cloud)
    assert (await put(address.upload_url, b"", "text/plain")).status_code == 403
    assert (await put(f"{address.upload_url}0", b"")).status_code == 403
    refused = await put(address.upload_url, bytes(100 * 1024 * 1024 + 1))
    assert (refused.status_code, "EntityTooLarge" in refused.text) == (400, True)
    assert (await put(address.upload_url, b"zip")).status_code == 200
