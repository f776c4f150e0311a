"""Sends the deploy of a function, once, and returns its operation."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.fleet.traffic import follows_latest
from cfconsole.domain.releases.rollout.values import SendWrite
from cfconsole.domain.source.function_builds import FunctionDeploy, SourceBuild
from cfconsole.session.ports import Cloud, ServicesPort
from cfconsole.session.releases.ports import VariableValues


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
