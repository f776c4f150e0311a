"""Follows the build of a function in the cloud, stage by stage, until its end or out of sight. Reads only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.function_deploys import BuildState, StageState
from cfconsole.domain.services import Service, ServiceKey
from cfconsole.session.ports import ClockPort, FunctionsPort, ServicesPort
from cfconsole.session.supervise import Alarm

FIRST_LOOK_S = 0.2
LOOK_AT_MOST_S = 1.0
BUILD_AT_MOST_S = 1820.0
"""As long as gcloud waits."""
UNSEEN_AT_MOST_S = 300.0
READ_BACK_S = 15.0
"""A deploy whose answer got lost shows in its function by then, or it never will."""
READ_BACK_EVERY_S = 3.0

Tell = Callable[[str], Awaitable[None]]


async def follow_build(
    functions: FunctionsPort, clock: ClockPort, operation: str, tell: Tell, alarm: Alarm, leaving: Callable[[], bool]
) -> BuildState | str | None:
    """How the build ended, or why that can't be told. Each stage is told as it moves.

    `None`: it is not followed any more, for `leaving` says so; `alarm` has it asked at once.
    """
    states: dict[str, str] = {}
    pause, began = FIRST_LOOK_S, clock.monotonic()
    seen_at, trouble = began, ""
    while clock.monotonic() - began < BUILD_AT_MOST_S:
        if leaving():
            return None
        try:
            build = await functions.build(operation)
        except CloudError as error:
            trouble = error.sentence
            if clock.monotonic() - seen_at > UNSEEN_AT_MOST_S:
                return f"the build could not be looked at any more: {trouble}"
        else:
            seen_at, trouble = clock.monotonic(), ""
            for sentence in _moved(build, states):
                await tell(sentence)
            if build.done:
                return build
        await alarm.sleep(pause)
        pause = min(LOOK_AT_MOST_S, pause * 1.5)
    return f"the build is not done after {BUILD_AT_MOST_S / 60:.0f} minutes{f': {trouble}' if trouble else ''}"


async def was_taken(services: ServicesPort, clock: ClockPort, before: Service) -> bool | None:
    """Whether a deploy without an answer shows in its function; `None`: that could not be read."""
    key, until = before.key, clock.monotonic() + READ_BACK_S
    while True:
        service = await _read_with_function(services, key)
        if service and (_deploying(service) or service.latest_created != before.latest_created):
            return True
        if clock.monotonic() >= until:
            return None if service is None else False
        await clock.sleep(READ_BACK_EVERY_S)


async def _read_with_function(services: ServicesPort, key: ServiceKey) -> Service | None:
    """The service with its function as it is now, which the list alone reads anew; `None`: it could not be read."""
    try:
        read = await services.list_services(key.project, (key.region,))
    except CloudError:
        return None
    return None if read.functions_error else next((one for one in read.services if one.key == key), None)


async def read_if_there(services: ServicesPort, key: ServiceKey) -> Service | None:
    """The service, or `None` where there is none. Raises `CloudError` if neither can be told."""
    try:
        return await services.get_service(key)
    except CloudError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise


def _deploying(service: Service) -> bool:
    return service.function is not None and service.function.state == "DEPLOYING"


def _moved(build: BuildState, states: dict[str, str]) -> Iterator[str]:
    """The stages that are in another state than when they were looked at last; those to come are not told."""
    for stage in build.stages:
        if stage.state == states.get(stage.name, "not started"):
            continue
        states[stage.name] = stage.state
        yield _sentence(stage)


def _sentence(stage: StageState) -> str:
    said = stage.message.partition("\n")[0]
    log = f"; its log: {stage.uri}" if stage.name == "build" and stage.uri and stage.state == "in progress" else ""
    return f"{stage.name}: {stage.state}{f', {said}' if said else ''}{log}"
