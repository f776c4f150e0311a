"""The progress of a function deploy: its stages, and the error lines of a build that failed."""

from __future__ import annotations

import re

from google.cloud import functions_v2
from msgspec.structs import replace

from cfconsole.domain.source.function_builds import BuildState, StageState, UploadedSource
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import Proto, enum_name, last_part, service_key

MAX_LINES = 40
"""How many of a build's error lines are kept: the last ones, as the first ones only describe its start."""

_BUILD_FAILED = re.compile(r"Build failed with status: (?P<status>\w+)(?: and message: )?")
_SEE_LOGS = re.compile(r"\s*For more details see the logs at \S+\s*\Z")


def build_state(operation: Proto, scrub: Scrubber) -> BuildState:
    """The state in a `google.longrunning.Operation` of Cloud Functions v2, whose metadata is `OperationMetadata`.

    No stage has a state for failure: the operation has an error, and the stage in progress is the one that failed.
    """
    metadata = functions_v2.OperationMetadata.pb(functions_v2.OperationMetadata())
    operation.metadata.Unpack(metadata)
    stages = tuple(_stage(each, scrub) for each in metadata.stages)
    state = BuildState(operation.done, stages)
    if operation.HasField("error"):
        failed = next((stage.name for stage in stages if stage.state == "in progress"), "")
        return _failure(state, operation.error.message, failed, scrub)
    if operation.HasField("response"):
        return _success(state, operation.response, scrub)
    return state


def function_state(pb: Proto, source: UploadedSource, scrub: Scrubber) -> BuildState:
    """The progress of deploying a source, read from the function that is built from it.

    While a deploy is running, the function still shows its previous source.
    """
    state = enum_name(pb, "state")
    if state == "DEPLOYING":
        return BuildState(False)
    built_from = pb.build_config.source.storage_source
    if (built_from.bucket, built_from.object_) != (source.bucket, source.object):
        return BuildState(False, accepted=False)
    if state == "FAILED":
        message = scrub("\n".join(each.message for each in pb.state_messages))
        return _failure(BuildState(True), message, "", scrub)
    config = pb.service_config
    service, revision = service_key(scrub.line(config.service)), scrub.line(last_part(config.revision))
    return BuildState(True, service=service, revision=revision)


def _stage(pb: Proto, scrub: Scrubber) -> StageState:
    messages = [each.message for each in pb.state_messages] or [pb.message]
    return StageState(
        _words(enum_name(pb, "name")),
        _words(enum_name(pb, "state")),
        scrub("\n".join(messages)),
        scrub.line(pb.resource_uri),
    )


def _words(name: str) -> str:
    """`IN_PROGRESS` as `in progress`."""
    return name.lower().replace("_", " ")


def _failure(state: BuildState, message: str, stage: str, scrub: Scrubber) -> BuildState:
    """A failed state. The API puts the lines of the build into one message, between two sentences of its own."""
    text = scrub(_SEE_LOGS.sub("", _BUILD_FAILED.sub("", message, count=1)))
    lines = tuple(line.rstrip() for line in text.splitlines() if line.strip())[-MAX_LINES:]
    what = "the build" if _BUILD_FAILED.match(message) else f"the stage {stage}" if stage else "the operation"
    sentence = f"The function was not deployed: {what} failed"
    return replace(
        state,
        error=f"{sentence}: {lines[0]}" if len(lines) == 1 else f"{sentence}.",
        error_lines=lines,
        failed_stage=stage,
    )


def _success(state: BuildState, response: Proto, scrub: Scrubber) -> BuildState:
    function = functions_v2.Function.pb(functions_v2.Function())
    if not response.Unpack(function):
        return state
    config = function.service_config
    service, revision = service_key(scrub.line(config.service)), scrub.line(last_part(config.revision))
    return replace(state, service=service, revision=revision)
