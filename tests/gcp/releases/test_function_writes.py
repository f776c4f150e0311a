"""Functions from source through Google's client: upload, deploy, stages, and the lines of a failed build."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from google.cloud import functions_v2
from google.longrunning import operations_pb2
from google.rpc import status_pb2

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy, UploadedSource
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.faults import Fault
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.world import Delays
from cfconsole.gcp.connection.clients import emulator_clients
from cfconsole.gcp.connection.options import UNLIMITED
from cfconsole.gcp.releases.builds import build_state
from cfconsole.gcp.releases.function_writes import CloudFunctions, function_of
from cfconsole.net.uploads import Uploads
from tests.emulator.function_deploys import HELLO, zipped
from tests.gcp.emulated import SCRUB, Shop

HELLO_KEY = ServiceKey(PROJECT, "us-central1", "hello")
RECEIPT = ServiceKey(PROJECT, "europe-west1", "send-receipt")
SOMEWHERE = UploadedSource("bucket", "object.zip", 7)


@asynccontextmanager
async def functions() -> AsyncIterator[CloudFunctions]:
    """The functions of a cloud that takes uploads and has no delays of its own."""
    async with running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator:
        clients = emulator_clients(emulator.grpc_address)
        try:
            yield CloudFunctions(clients, UNLIMITED, SCRUB, Uploads(SCRUB).put)
        finally:
            await clients.aclose()


async def built(cloud: CloudFunctions, source: str, *, create: bool) -> BuildState:
    """The end of a deploy of `hello` from this source."""
    uploaded = await cloud.upload(PROJECT, "us-central1", zipped({"main.py": source}))
    deploy = (
        FunctionDeploy(HELLO_KEY, uploaded, "python311", "hello") if create else FunctionDeploy(HELLO_KEY, uploaded)
    )
    written = await cloud.deploy_function(deploy, create=create)
    while not (state := await cloud.build_state(written.operation)).done:
        assert state.error == ""
    return state


def refusing(shop: Shop) -> CloudFunctions:
    async def put(url: str, archive: bytes) -> None:
        raise AssertionError("nothing is uploaded here")

    return CloudFunctions(shop.clients, UNLIMITED, SCRUB, put)


async def test_a_function_is_created_from_source_and_the_next_build_fails_with_its_lines() -> None:
    async with functions() as cloud:
        made = await built(cloud, HELLO, create=True)
        assert (made.error, made.error_lines, made.failed_stage) == ("", (), "")
        assert [(stage.name, stage.state) for stage in made.stages] == [
            ("artifact registry", "complete"),
            ("build", "complete"),
            ("service", "complete"),
        ]
        assert "cloud-build/builds" in made.stages[1].uri
        assert made.service == HELLO_KEY
        assert made.revision.startswith("hello-00001")

        broken = await built(cloud, "def hello(request:\n    return 1\n", create=False)
        assert broken.failed_stage == "build"
        assert broken.error == "The function was not deployed: the build failed."
        assert any("SyntaxError" in line for line in broken.error_lines)
        assert not any("Build failed with status" in line or "see the logs" in line for line in broken.error_lines)
        assert (broken.service, broken.revision) == (None, "")


@pytest.mark.parametrize(
    ("deploy", "paths"),
    [
        (FunctionDeploy(RECEIPT, SOMEWHERE), ["build_config.source"]),
        (
            FunctionDeploy(RECEIPT, SOMEWHERE, "python312", "handle"),
            ["build_config.source", "build_config.runtime", "build_config.entry_point"],
        ),
        (
            FunctionDeploy(RECEIPT, SOMEWHERE, serves_latest=False),
            ["build_config.source", "service_config.all_traffic_on_latest_revision"],
        ),
        (
            FunctionDeploy(RECEIPT, SOMEWHERE, limits=(("memory", "1Gi"), ("cpu", "2"))),
            ["build_config.source", "service_config.available_memory", "service_config.available_cpu"],
        ),
    ],
)
def test_the_mask_names_the_changed_fields_only(deploy: FunctionDeploy, paths: list[str]) -> None:
    function, mask = function_of(deploy)
    assert mask == paths
    assert function.name == f"projects/{PROJECT}/locations/europe-west1/functions/send-receipt"
    source = function.build_config.source.storage_source
    assert UploadedSource(source.bucket, source.object_, source.generation) == SOMEWHERE


def test_variables_are_written_all_together_with_those_that_stay() -> None:
    deploy = FunctionDeploy(RECEIPT, SOMEWHERE, env=(("LEVEL", "debug"), ("OLD", None)))

    function, mask = function_of(deploy, {"LEVEL": "info", "OLD": "1", "KEPT": "yes"})

    assert mask[-1] == "service_config.environment_variables"
    assert dict(function.service_config.environment_variables) == {"LEVEL": "debug", "KEPT": "yes"}


async def ended(cloud: CloudFunctions, operation: str) -> BuildState:
    while not (state := await cloud.build_state(operation)).done:
        pass
    return state


async def test_variables_and_limits_reach_the_function_and_those_that_are_not_named_stay() -> None:
    async with functions() as cloud:
        await built(cloud, HELLO, create=True)
        uploaded = await cloud.upload(PROJECT, "us-central1", zipped({"main.py": HELLO}))
        for env in ((("A", "1"), ("B", "2")), (("A", None), ("C", "3"))):
            deploy = FunctionDeploy(HELLO_KEY, uploaded, env=env, limits=(("memory", "1Gi"),))
            await ended(cloud, (await cloud.deploy_function(deploy, create=False)).operation)

        config = (await cloud.read(HELLO_KEY)).service_config
        assert dict(config.environment_variables) == {"B": "2", "C": "3"}
        assert config.available_memory == "1Gi"


async def test_a_deploy_whose_operation_is_not_known_shows_in_its_function() -> None:
    async with functions() as cloud:
        assert await cloud.source_build(HELLO_KEY, SOMEWHERE) == BuildState(False, accepted=False)
        made = await built(cloud, HELLO, create=True)
        uploaded = await cloud.upload(PROJECT, "us-central1", zipped({"main.py": HELLO}))
        assert await cloud.source_build(HELLO_KEY, uploaded) == BuildState(False, accepted=False)

        written = await cloud.deploy_function(FunctionDeploy(HELLO_KEY, uploaded), create=False)
        assert await cloud.source_build(HELLO_KEY, uploaded) == BuildState(False)
        state = await ended(cloud, written.operation)
        assert await cloud.source_build(HELLO_KEY, uploaded) == BuildState(
            True, service=HELLO_KEY, revision=state.revision
        )
        assert state.revision != made.revision


async def test_a_function_whose_making_failed_says_why() -> None:
    async with functions() as cloud:
        uploaded = await cloud.upload(PROJECT, "us-central1", zipped({"main.py": "def hello(:\n"}))
        deploy = FunctionDeploy(HELLO_KEY, uploaded, "python311", "hello")
        await ended(cloud, (await cloud.deploy_function(deploy, create=True)).operation)

        state = await cloud.source_build(HELLO_KEY, uploaded)

        assert (state.done, state.accepted) == (True, True)
        assert any("SyntaxError" in line for line in state.error_lines)


async def test_what_was_never_uploaded_is_refused(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await refusing(shop).deploy_function(FunctionDeploy(RECEIPT, SOMEWHERE), create=False)
    assert raised.value.kind is ErrorKind.INVALID
    assert "nothing was uploaded" in raised.value.sentence


async def test_a_write_that_may_have_been_applied_is_not_sent_again(shop: Shop) -> None:
    shop.faults.add(Fault(method="UpdateFunction", status="UNAVAILABLE", message="connection lost", times=1))
    with pytest.raises(CloudError) as raised:
        await refusing(shop).deploy_function(FunctionDeploy(RECEIPT, SOMEWHERE), create=False)
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert shop.calls("UpdateFunction") == 1


async def test_where_no_source_is_taken_nothing_is_uploaded(shop: Shop) -> None:
    shop.faults.deny("GenerateUploadUrl", "cloudfunctions.functions.sourceCodeSet")
    with pytest.raises(CloudError) as raised:
        await refusing(shop).upload(PROJECT, "us-central1", b"zip")
    assert raised.value.kind is ErrorKind.DENIED
    assert "cloudfunctions.functions.sourceCodeSet" in raised.value.sentence


def failed(message: str, *stages: functions_v2.Stage) -> BuildState:
    metadata = functions_v2.OperationMetadata(stages=list(stages))
    operation = operations_pb2.Operation(done=True, error=status_pb2.Status(code=3, message=message))
    operation.metadata.Pack(functions_v2.OperationMetadata.pb(metadata))
    return build_state(operation, Scrubber())


def test_a_service_that_does_not_start_names_its_stage_and_the_reason() -> None:
    stage = functions_v2.Stage(
        name=functions_v2.Stage.Name.SERVICE,
        state=functions_v2.Stage.State.IN_PROGRESS,
        state_messages=[functions_v2.StateMessage(message="not ready\x1b[2J")],
    )
    state = failed("Could not create or update Cloud Run service hello, password=hunter2", stage)
    assert state.failed_stage == "service"
    assert state.error.startswith("The function was not deployed: the stage service failed: Could not create")
    assert "hunter2" not in state.error
    assert state.stages[0].message == "not ready␛"


def test_a_failure_without_stages_is_reported_too() -> None:
    state = failed("")
    assert state.error == "The function was not deployed: the operation failed."


def test_only_the_last_lines_of_a_long_build_are_kept() -> None:
    said = "\n".join(f"line {number}" for number in range(100))
    state = failed(
        f"Build failed with status: FAILURE and message: {said}\nFor more details see the logs at https://x."
    )
    assert (len(state.error_lines), state.error_lines[-1]) == (40, "line 99")
