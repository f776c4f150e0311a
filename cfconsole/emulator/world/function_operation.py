"""Operations of functions with their stages (`google.cloud.functions.v2.OperationMetadata`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.cloud import functions_v2

from cfconsole.emulator.world.conditions import stamp
from cfconsole.emulator.world.names import FunctionName
from cfconsole.emulator.world.world import World

Stage = functions_v2.Stage
ARTIFACT_REGISTRY = Stage.Name.ARTIFACT_REGISTRY
BUILD = Stage.Name.BUILD
SERVICE = Stage.Name.SERVICE
TRIGGER = Stage.Name.TRIGGER
_IN_PROGRESS = Stage.State(Stage.State.IN_PROGRESS)
_COMPLETE = Stage.State(Stage.State.COMPLETE)
_MESSAGES = {
    ARTIFACT_REGISTRY: "Preparing the Artifact Registry repository",
    BUILD: "Building the function",
    SERVICE: "Deploying the Cloud Run service",
    TRIGGER: "Connecting the event trigger",
}


class FunctionOperation:
    """The operation of one write to a function. A failure is the operation's error, as stages have no failed state."""

    def __init__(self, world: World, name: FunctionName, verb: str, kind: str, stages: Sequence[int]) -> None:
        self._world = world
        self._name = name
        self.metadata = functions_v2.OperationMetadata(
            create_time=world.clock.now(),
            target=str(name),
            verb=verb,
            api_version="v2",
            operation_type=getattr(functions_v2.OperationType, kind),
            stages=[Stage(name=stage, state=Stage.State.NOT_STARTED) for stage in stages],
        )
        self.operation = world.operations.begin(name.location, self._raw())

    def enter(self, stage: int, resource: str = "", resource_uri: str = "") -> None:
        """Marks `stage` as in progress and the ones before it as complete."""
        for each in self.metadata.stages:
            if each.name == stage:
                each.state = _IN_PROGRESS
                each.message = _MESSAGES[each.name]
                each.resource = resource
                each.resource_uri = resource_uri
            elif each.state == _IN_PROGRESS:
                each.state = _COMPLETE
                each.message = ""
        self._world.operations.progress(self.operation, self._raw())

    def succeed(self, response: Any) -> None:
        """Ends the operation with `response`, a raw message."""
        for each in self.metadata.stages:
            each.state = _COMPLETE
            each.message = ""
        self._end()
        self._world.operations.finish(self.operation, response, self._raw())

    def fail(self, kind: str, message: str) -> None:
        """Ends the operation with an error, which is added to the stage in progress too."""
        for each in self.metadata.stages:
            if each.state == _IN_PROGRESS:
                each.state_messages = [error_message(kind, message)]
        self._end()
        self._world.operations.fail(self.operation, self._raw(), grpc.StatusCode.INVALID_ARGUMENT, message)

    def _end(self) -> None:
        self.metadata.end_time = stamp(self._world.clock.now())

    def _raw(self) -> Any:
        return functions_v2.OperationMetadata.pb(self.metadata)


def error_message(kind: str, message: str) -> functions_v2.StateMessage:
    """A state message with the severity ERROR."""
    return functions_v2.StateMessage(severity=functions_v2.StateMessage.Severity.ERROR, type_=kind, message=message)
