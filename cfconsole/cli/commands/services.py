"""`cfconsole services` and `cfconsole revisions`: what is deployed and what actually serves."""

from __future__ import annotations

import asyncio

import click

from cfconsole.cli.options import global_options
from cfconsole.cli.output.document import Document, OutputOptions, print_read, read_options
from cfconsole.cli.output.service_rows import (
    REVISION_COLUMNS,
    SERVICE_COLUMNS,
    data_age_s,
    revision_line,
    revision_row,
    service_line,
    service_row,
)
from cfconsole.cli.setup.context import CommandContext, with_cloud
from cfconsole.cli.setup.metrics_read import read_fleet_numbers
from cfconsole.cli.setup.scope import read_services
from cfconsole.cli.setup.service_names import find_services
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.health.state import health, worst_first


@click.command("services")
@global_options
@read_options
@click.pass_context
def services_command(context: click.Context, printing: OutputOptions) -> None:
    """List services and functions, worst first, with what actually serves."""
    document = with_cloud(context, _read_services)
    context.exit(print_read(document, SERVICE_COLUMNS, printing, service_line))


@click.command("revisions")
@global_options
@click.argument("service")
@read_options
@click.pass_context
def revisions_command(context: click.Context, service: str, printing: OutputOptions) -> None:
    """List the revisions of SERVICE, newest first, with their traffic."""
    document = with_cloud(context, lambda opened: _read_revisions(opened, service))
    context.exit(print_read(document, REVISION_COLUMNS, printing, revision_line))


async def _read_services(context: CommandContext) -> Document:
    scope, thresholds = context.scope, context.config.thresholds.thresholds()
    asked_at = context.clock.now()
    read, numbers = await asyncio.gather(
        read_services(context.cloud, scope.projects, scope.regions), read_fleet_numbers(context, scope.projects)
    )
    age_s = data_age_s(asked_at, context.clock.now())

    def order(service: Service) -> tuple[int, str, str, str]:
        return worst_first(service, health(service, numbers.services.get(service.key), thresholds))

    return Document(
        rows=[
            service_row(
                service,
                numbers.services.get(service.key),
                thresholds,
                age_s,
                numbers_read=service.key.project not in numbers.unread,
            )
            for service in sorted(read.services, key=order)
        ],
        unreachable=[f"{place.place}: {place.sentence}" for place in read.unreachable],
        warnings=[*numbers.warnings, *([f"Functions: {read.functions_error}"] if read.functions_error else [])],
    )


async def _read_revisions(context: CommandContext, name: str) -> Document:
    found = await find_services(context.cloud, context.scope, [name])
    (key,) = found.keys
    service, revisions, numbers = await asyncio.gather(
        context.cloud.services.get_service(key),
        context.cloud.services.list_revisions(key),
        read_fleet_numbers(context, (key.project,)),
    )
    metrics = numbers.services.get(key)
    rows = [revision_row(each, service, metrics, numbers_read=not numbers.unread) for each in revisions]
    return Document(rows, warnings=[*found.warnings, *numbers.warnings])
