"""Conversion between a function's configuration and its Cloud Run service."""

from __future__ import annotations

from google.cloud import functions_v2, run_v2
from google.protobuf.duration_pb2 import Duration

from cfconsole.emulator.world.names import FunctionName, ServiceName, short
from cfconsole.emulator.world.traffic import LATEST
from cfconsole.emulator.world.world import ServiceRecord, World


def service_name(name: FunctionName) -> ServiceName:
    """The name of the function's service, which is the function's own name."""
    return ServiceName(*name)


def template_for(
    function: functions_v2.Function, current: run_v2.RevisionTemplate, image: str
) -> run_v2.RevisionTemplate:
    """`current` with the function's configuration; an empty `image` keeps the current one."""
    config = function.service_config
    template = run_v2.RevisionTemplate(current)
    template.revision = ""
    if not template.containers:
        template.containers = [run_v2.Container(ports=[run_v2.ContainerPort(name="http1", container_port=8080)])]
    container = template.containers[0]
    container.image = image or container.image
    container.env = [run_v2.EnvVar(name=key, value=value) for key, value in config.environment_variables.items()]
    limits = {"cpu": config.available_cpu or "1", "memory": config.available_memory or "256Mi"}
    container.resources = run_v2.ResourceRequirements(limits=limits, cpu_idle=True)
    template.scaling = run_v2.RevisionScaling(
        min_instance_count=config.min_instance_count, max_instance_count=config.max_instance_count or 100
    )
    template.timeout = Duration(seconds=config.timeout_seconds or 60)
    template.max_instance_request_concurrency = config.max_instance_request_concurrency or 1
    template.service_account = config.service_account_email or template.service_account
    return template


def desired_service(
    function: functions_v2.Function, current: run_v2.Service, image: str, *, moves_traffic: bool
) -> run_v2.Service:
    """`current` with the function's configuration; `moves_traffic` sends all traffic to the latest revision."""
    desired = run_v2.Service(current)
    desired.template = template_for(function, current.template, image)
    desired.labels["goog-managed-by"] = "cloudfunctions"
    desired.client = "cloudfunctions"
    if moves_traffic:
        desired.traffic = [run_v2.TrafficTarget(type_=LATEST, percent=100)]
    return desired


def serves_latest(record: ServiceRecord) -> bool:
    """Whether the newest revision gets all requests."""
    newest = short(record.service.latest_created_revision)
    return [(share.revision, share.percent) for share in record.routing.shares] == [(newest, 100)]


def function_as_read(world: World, function: functions_v2.Function) -> functions_v2.Function:
    """The function as the API returns it, with the traffic of its service."""
    record = world.find(_service_name_of(function))
    if record is None:
        return function
    result = functions_v2.Function(function)
    result.service_config.all_traffic_on_latest_revision = serves_latest(record)
    return result


def record_service(function: functions_v2.Function, record: ServiceRecord) -> None:
    """Sets the fields of the function that describe its service."""
    function.url = record.service.uri
    function.service_config.service = str(record.name)
    function.service_config.uri = record.service.uri
    function.service_config.revision = short(record.service.latest_created_revision)


def _service_name_of(function: functions_v2.Function) -> ServiceName:
    project, region, name = function.name.split("/")[1::2]
    return ServiceName(project, region, name)
