"""Specifications of a scenario's services and functions, with past deploys, and how they are added to a world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from google.cloud import functions_v2, run_v2
from msgspec import Struct, field

from cfconsole.emulator.world.names import Location, ServiceName, short
from cfconsole.emulator.world.reconciliation import settle
from cfconsole.emulator.world.revisions import finish_start
from cfconsole.emulator.world.services import apply_write, blank_record
from cfconsole.emulator.world.traffic import LATEST, REVISION
from cfconsole.emulator.world.world import ServiceRecord, World

REGISTRY = "us-docker.pkg.dev"


class PastDeploy(Struct, frozen=True):
    """A revision deployed before the start."""

    number: int
    age_s: float
    image_tag: str = "ok"
    by: str = "ci@shop"
    env: Mapping[str, str] = field(default_factory=dict)
    max_instances: int = 20


class SplitTarget(Struct, frozen=True):
    """One target of a split; `number` 0 is the latest revision."""

    number: int = 0
    percent: int = 0
    tag: str = ""


class ServiceSpec(Struct, frozen=True):
    """A service of a scenario; an empty split sends everything to the latest revision."""

    region: str
    name: str
    deploys: tuple[PastDeploy, ...]
    split: tuple[SplitTarget, ...] = ()
    weight: float = 1.0
    """Its share of the load, relative to the weights of the others."""
    runtime: str = ""
    """The runtime of code deployed as a function, such as `python311`; empty otherwise."""
    entry_point: str = ""
    is_function: bool = False
    """Whether the Cloud Functions API knows it too; otherwise code with a runtime is a Cloud Run function."""


def add_service(world: World, project: str, spec: ServiceSpec) -> ServiceRecord:
    """Adds the service of `spec` with its past revisions, reconciled, and its function if it is one."""
    name = ServiceName(project, spec.region, spec.name)
    now = world.clock.now()
    first = spec.deploys[0]
    record = blank_record(world, name, first.by, now - timedelta(seconds=first.age_s))
    for deploy in spec.deploys:
        _add_deploy(world, record, spec, deploy)
    record.service.traffic = [_traffic_target(record, target) for target in spec.split]
    settle(world, record, now - timedelta(seconds=spec.deploys[-1].age_s))
    world.add(record)
    if spec.is_function:
        _add_function(world, record, spec)
    return record


def template_of(
    name: ServiceName, image_tag: str, env: Mapping[str, str], max_instances: int
) -> run_v2.RevisionTemplate:
    """A template with one container, whose image is in the project's registry."""
    return run_v2.RevisionTemplate(
        scaling=run_v2.RevisionScaling(max_instance_count=max_instances),
        max_instance_request_concurrency=80,
        timeout={"seconds": 300},
        service_account=f"{name.service}@{name.project}.iam.gserviceaccount.com",
        containers=[
            run_v2.Container(
                image=f"{REGISTRY}/{name.project}/shop/{name.service}:{image_tag}",
                ports=[run_v2.ContainerPort(name="http1", container_port=8080)],
                env=[run_v2.EnvVar(name=key, value=value) for key, value in env.items()],
                resources=run_v2.ResourceRequirements(limits={"cpu": "1", "memory": "512Mi"}, cpu_idle=True),
            )
        ],
    )


def revision_named(record: ServiceRecord, number: int) -> str:
    """The short name of the revision with this number."""
    prefix = f"{record.name.service}-{number:05d}-"
    return next(name for name in record.revisions if name.startswith(prefix))


def _add_deploy(world: World, record: ServiceRecord, spec: ServiceSpec, deploy: PastDeploy) -> None:
    at = world.clock.now() - timedelta(seconds=deploy.age_s)
    record.next_number = deploy.number
    desired = run_v2.Service(record.service)
    desired.template = template_of(record.name, deploy.image_tag, deploy.env, deploy.max_instances)
    if not spec.is_function:
        desired.template.revision = f"{spec.name}-{deploy.number:05d}-{world.next_suffix()}"
        desired.client = "gcloud"
    if spec.runtime and not spec.is_function:
        desired.build_config = run_v2.BuildConfig(function_target=spec.entry_point, base_image=spec.runtime)
    revision = apply_write(world, record, desired, deploy.by, at)
    if revision is not None:
        finish_start(world, record, revision, at)
    settle(world, record, at)


def _traffic_target(record: ServiceRecord, target: SplitTarget) -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(
        type_=REVISION if target.number else LATEST,
        revision=revision_named(record, target.number) if target.number else "",
        percent=target.percent,
        tag=target.tag,
    )


def _add_function(world: World, record: ServiceRecord, spec: ServiceSpec) -> None:
    parent = Location(record.name.project, record.name.region)
    name = f"{parent}/functions/{record.name.service}"
    service = record.service
    service.labels["goog-managed-by"] = "cloudfunctions"
    world.functions[name] = functions_v2.Function(
        name=name,
        environment=functions_v2.Environment.GEN_2,
        state=functions_v2.Function.State.ACTIVE,
        url=service.uri,
        create_time=service.create_time,
        update_time=service.update_time,
        build_config=functions_v2.BuildConfig(runtime=spec.runtime, entry_point=spec.entry_point),
        service_config=functions_v2.ServiceConfig(
            service=service.name,
            revision=short(service.latest_created_revision),
            uri=service.uri,
            environment_variables=dict(spec.deploys[-1].env),
            available_memory="512Mi",
            available_cpu="1",
            timeout_seconds=300,
            max_instance_count=20,
            all_traffic_on_latest_revision=not spec.split,
        ),
    )
