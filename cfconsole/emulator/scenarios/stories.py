"""The stories of the scenarios: bad deploys and a log storm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from cfconsole.emulator.scenarios.scenario import StoryContext
from cfconsole.emulator.scenarios.service_spec import template_of
from cfconsole.emulator.scenarios.shop import HOME, PROJECT
from cfconsole.emulator.world.names import ServiceName
from cfconsole.emulator.world.services import update_service
from cfconsole.emulator.world.world import World

ORDERS = ServiceName(PROJECT, HOME, "orders-api")
BAD_DEPLOY_AFTER_S = 20.0
SLOW_BURN_AFTER_S = 10.0
STORM_PER_S = 1_000
STORM_TICKS_PER_S = 20
_INFO = 200


def deploy(
    world: World, name: ServiceName, image_tag: str, actor: str = "ci@shop", env: Mapping[str, str] | None = None
) -> str:
    """Deploys an image as the shop's pipeline does: it names the revision and adds to its variables.

    Returns the short name of the revision.
    """
    record = world.record(name)
    current = record.service.template
    variables = {each.name: each.value for container in current.containers for each in container.env}
    template = template_of(name, image_tag, {**variables, **(env or {})}, current.scaling.max_instance_count)
    template.revision = f"{name.service}-{record.next_number:05d}-{world.next_suffix()}"
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=str(name), template=template),
        update_mask=field_mask_pb2.FieldMask(paths=["template"]),
    )
    update_service(world, request, name, actor)
    return template.revision


async def bad_deploy(context: StoryContext) -> None:
    """Deploys revision 42 of orders-api, which fails on every eighth request."""
    await context.world.clock.sleep(BAD_DEPLOY_AFTER_S)
    deploy(context.world, ORDERS, "broken-42", env={"RATES_SOURCE": "v2"})


async def slow_burn(context: StoryContext) -> None:
    """Deploys revision 42 of orders-api, whose memory grows with every request.

    It looks healthy for the first minute. Then answers get slower and fail until the instance is killed, again and
    again.
    """
    await context.world.clock.sleep(SLOW_BURN_AFTER_S)
    deploy(context.world, ORDERS, "leak-42", env={"CACHE_PRICES": "all"})


async def log_storm(context: StoryContext) -> None:
    """Makes orders-api write a thousand lines per second, until cancelled."""
    while True:
        await storm(context, ORDERS, STORM_PER_S, 60)


async def storm(context: StoryContext, name: ServiceName, per_second: int, seconds: float) -> None:
    """Writes `per_second` log lines of a service for `seconds`, evenly."""
    record = context.world.record(name)
    shares = record.routing.shares
    revision = shares[0].revision if shares else ""
    started = context.world.clock.now()
    due = round(per_second * seconds)
    written = 0
    while written < due:
        await context.world.clock.sleep(1 / STORM_TICKS_PER_S)
        now = context.world.clock.now()
        allowed = min(due, int((now - started).total_seconds() * per_second))
        for number in range(written, allowed):
            message = f"reserved stock for order {number} in {number % 90 + 4} ms"
            written_at = started + timedelta(seconds=number / per_second)
            context.reporter.log_line(name, revision, written_at, message, _INFO)
        written = max(written, allowed)
