"""Sends the writes of a release in steps and the deploy of a function, once each, with the answer of the API."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.fleet.traffic import follows_latest
from cfconsole.domain.releases.rollout.machine import with_answer
from cfconsole.domain.releases.rollout.values import Rollout, SendWrite, WriteKind
from cfconsole.domain.releases.steps import CREATE_MASK, Answer
from cfconsole.domain.releases.writes import ServiceWrite, answer_of
from cfconsole.domain.source.function_builds import FunctionDeploy, SourceBuild
from cfconsole.session.ports import Cloud, ServicesPort
from cfconsole.session.releases.ports import VariableValues


class StepWriter:
    """The writes of one release. It never repeats a write; after a conflict the release machine decides about that."""

    def __init__(self, cloud: Cloud, values: VariableValues) -> None:
        self._cloud = cloud
        self._values = values

    async def validate(self, decision: SendWrite) -> Rollout | None:
        """Asks the API to validate a new revision before anything changes. Returns its answer if it refuses."""
        if decision.mask != CREATE_MASK:
            return None
        try:
            await self._write(decision, validate_only=True)
        except CloudError as error:
            if error.kind in OUTCOME_UNKNOWN:
                # A validation changes nothing, so the outcome is known.
                error = CloudError(ErrorKind.INVALID, f"it could not be validated: {error.sentence}")
            return _with_error(decision, error)
        return None

    async def send(self, decision: SendWrite) -> Rollout:
        """Sends a write. Returns the release with the answer."""
        try:
            operation = await self._write(decision, validate_only=False)
        except CloudError as error:
            return _with_error(decision, error)
        return with_answer(decision.rollout, Answer.ACCEPTED, operation=operation)

    async def _write(self, decision: SendWrite, *, validate_only: bool) -> str:
        match decision.kind:
            case WriteKind.BUILD:
                return await send_build(self._cloud, decision, self._values)
            case WriteKind.STEP | WriteKind.PROMOTE | WriteKind.RESTORE:
                key, values = decision.rollout.plan.service, self._values if decision.change else ()
                write = ServiceWrite(decision.mask, decision.targets, decision.change, values, decision.scaling)
                written = await self._cloud.services.write(key, write, etag=decision.etag, validate_only=validate_only)
                return written.operation
            case _:
                assert_never(decision.kind)


def _with_error(decision: SendWrite, error: CloudError) -> Rollout:
    return with_answer(decision.rollout, answer_of(error), error=error.sentence)


async def send_build(cloud: Cloud, decision: SendWrite, values: VariableValues) -> str:
    """Sends the deploy. Returns its operation; raises `CloudError`."""
    plan = decision.rollout.plan
    assert plan.build is not None, "a step that builds has something to build"
    deploy = _function_deploy(plan.service, plan.build, decision, values)
    functions, create = cloud.functions, plan.build.create
    try:
        return (await functions.deploy_function(deploy, create=create)).operation
    except CloudError as error:
        if not create or error.code != "ALREADY_EXISTS":
            raise
        # A function without a service is one whose creation failed: the deploy repairs it.
        if await get_service_or_none(cloud.services, plan.service):
            raise
    return (await functions.deploy_function(deploy, create=False)).operation


def _function_deploy(
    key: ServiceKey, build: SourceBuild, decision: SendWrite, values: VariableValues
) -> FunctionDeploy:
    assert build.source is not None, "what is deployed was uploaded"
    change, known = decision.change, dict(values)
    env = tuple((one.name, None if one.removed else known[one.name]) for one in change.env) if change else ()
    return FunctionDeploy(
        replace(key, name=build.function),
        build.source,
        build.runtime,
        build.entry_point,
        None if build.create else follows_latest(decision.targets),
        env,
        change.limits if change else (),
    )


async def get_service_or_none(services: ServicesPort, key: ServiceKey) -> Service | None:
    """The service, or `None` if it does not exist. Raises `CloudError` if that can't be read."""
    try:
        return await services.get_service(key)
    except CloudError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
