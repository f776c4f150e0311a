"""`cfconsole metrics`: the traffic of one service over time, from Cloud Monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import click

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.cli.output.document import Column, Document, OutputOptions, print_read, read_options, rfc3339
from cfconsole.cli.setup.context import CommandContext, with_cloud
from cfconsole.cli.setup.service_names import find_services
from cfconsole.domain.durations import format_span, parse_duration
from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import ServiceKey

SHORTEST_S = 60.0
LONGEST_S = 86_400.0
"""A longer read is too large: it returns the points of all services of the project."""

COLUMNS = (
    Column("UNTIL", "at"),
    Column("RPS", "rps", right=True),
    Column("5XX", "error_rate", right=True),
    Column("P95", "p95_ms", right=True),
    Column("DATA", "data"),
)


@click.command("metrics")
@global_options
@click.argument("service")
@click.option("--window", default="1h", show_default=True, metavar="SPAN", help="How far back, from 1m to 1d.")
@read_options
@click.pass_context
def metrics_command(context: click.Context, service: str, window: str, printing: OutputOptions) -> None:
    """Print requests per second, 5xx and latency of SERVICE over time, oldest first."""
    window_s = _window(window)
    document = with_cloud(context, lambda opened: _read(opened, service, window_s))
    context.exit(print_read(document, COLUMNS, printing, _line))


def metric_rows(key: ServiceKey, metrics: ServiceMetrics, since: datetime) -> list[dict[str, Any]]:
    """One row for each point that ends after `since`. Its numbers cover the time since the previous point."""
    chart = metrics.rps
    count = len(chart.values)
    rows = []
    points = zip(chart.values, metrics.error_rate.values, metrics.p95_ms.values, strict=True)
    for place, (rps, error_rate, p95_ms) in enumerate(points):
        at = chart.end - timedelta(seconds=chart.step_s * (count - 1 - place))
        if at > since:
            row = {"project": key.project, "region": key.region, "service": key.name, "at": rfc3339(at)}
            numbers = {"rps": rps, "error_rate": error_rate, "p95_ms": p95_ms}
            rows.append(row | numbers | {"incomplete": place >= count - chart.incomplete})
    return rows


async def _read(context: CommandContext, name: str, window_s: float) -> Document:
    """Raises `CloudError` if Monitoring can't be read."""
    found = await find_services(context.cloud, context.scope, [name])
    (key,) = found.keys
    recent_s = context.config.thresholds.thresholds().window_s
    end = context.clock.now()
    asked_s = max(window_s, 2 * recent_s)
    read = await context.cloud.metrics.read(key.project, end=end, window_s=asked_s, recent_s=recent_s)
    metrics = read.services.get(key)
    if metrics is None:
        sentence = f"Monitoring has no data for {key} in the last {format_span(asked_s)}."
        return Document([], warnings=[*found.warnings, sentence])
    return Document(metric_rows(key, metrics, end - timedelta(seconds=window_s)), warnings=found.warnings)


def _window(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise Stop(f"--window {error}.", Exit.USAGE) from None
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise Stop(f"--window {text[:40]!r} must be a duration from 1m to 1d.", Exit.USAGE)
    return seconds


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A table row: shorter, and with units."""
    rps, rate, p95 = row["rps"], row["error_rate"], row["p95_ms"]
    return {
        "at": f"{row['at'][:19].replace('T', ' ')}Z",
        "rps": None if rps is None else f"{rps:.1f}",
        "error_rate": None if rate is None else f"{rate * 100:.1f} %",
        "p95_ms": None if p95 is None else f"{p95:.0f} ms",
        "data": "incomplete" if row["incomplete"] else "complete",
    }
