"""`cfconsole alerts`: open alerts of Cloud Monitoring, exceeded thresholds of the console, and suspect revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from cfconsole.cli.exits import Stop
from cfconsole.cli.options import global_options
from cfconsole.cli.output.document import Column, Document, OutputOptions, print_note, print_read, read_options, rfc3339
from cfconsole.cli.setup.context import CommandContext, with_cloud
from cfconsole.cli.setup.metrics_read import read_fleet_numbers
from cfconsole.cli.setup.scope import read_services
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import Unreachable, short_revision
from cfconsole.domain.health.alerts import Alert, AlertSource
from cfconsole.session.fleet.open_alerts import alerts_with_suspects, read_open_alerts

CHARTS_S = 3600.0
"""How far back revisions are compared to find suspects."""

COLUMNS = (
    Column("SEVERITY", "severity"),
    Column("POLICY", "policy"),
    Column("SERVICE", "service"),
    Column("REGION", "region"),
    Column("OPENED", "opened_at"),
    Column("SUMMARY", "summary"),
    Column("SUSPECT", "suspect"),
    Column("SOURCE", "source"),
)


@click.command("alerts")
@global_options
@read_options
@click.pass_context
def alerts_command(context: click.Context, printing: OutputOptions) -> None:
    """List open alerts, newest first, then the thresholds exceeded now."""
    document = with_cloud(context, _read)
    code = print_read(document, COLUMNS, printing, _line)
    if not document.rows and not document.partial and not printing.json:
        print_note("cfconsole: No open alerts.")
    context.exit(code)


def alert_row(alert: Alert) -> dict[str, Any]:
    """One alert; the field names are a contract with scripts."""
    key = alert.service
    # One read does not tell since when a threshold of the console has been exceeded.
    opened_at = None if alert.source is AlertSource.LOCAL else alert.opened_at
    return {
        "policy": alert.policy,
        "project": key.project if key else None,
        "region": key.region if key else None,
        "service": key.name if key else None,
        "state": "closed" if alert.closed_at else "open",
        "severity": alert.severity or None,
        "opened_at": rfc3339(opened_at),
        "closed_at": rfc3339(alert.closed_at),
        "summary": alert.summary or None,
        "source": str(alert.source),
        "suspect": {"revision": alert.suspect.revision, "numbers": alert.suspect.sentence} if alert.suspect else None,
        "documentation": alert.documentation or None,
    }


async def _read(context: CommandContext) -> Document:
    """Names what can't be read: alerts may be missing from the list."""

    scope = context.scope
    found, fleet, numbers = await asyncio.gather(
        read_open_alerts(context.cloud, scope.projects, scope.regions),
        _read_fleet(context),
        read_fleet_numbers(context, scope.projects, CHARTS_S),
    )
    if found.unreachable and fleet.unreachable and not (found.alerts or fleet.services):
        # An empty table would mean that there are no alerts.
        raise Stop(found.unreachable[0].sentence)
    services = {service.key: service for service in fleet.services}
    thresholds = context.config.thresholds.thresholds()
    alerts = await alerts_with_suspects(
        context.cloud, context.clock, found.alerts, services, numbers.services, thresholds
    )
    unread = [f"{place.place}: {place.sentence}" for place in (*found.unreachable, *fleet.unreachable)]
    return Document([alert_row(alert) for alert in alerts], [*unread, *numbers.warnings])


async def _read_fleet(context: CommandContext) -> ServicesRead:
    """The services, or none: only the console's own thresholds need them."""
    try:
        return await read_services(context.cloud, context.scope.projects, context.scope.regions)
    except CloudError as error:
        if error.kind is ErrorKind.CREDENTIALS:
            raise
        return ServicesRead((), (Unreachable("services", error.sentence),))


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A table row: shorter than in the document."""
    suspect = row["suspect"]
    named = f"{short_revision(row['service'] or '', suspect['revision'])}: {suspect['numbers']}" if suspect else None
    opened = row["opened_at"]
    return {**row, "suspect": named, "opened_at": f"{opened[:16].replace('T', ' ')}Z" if opened else None}
