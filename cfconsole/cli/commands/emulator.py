"""`cfconsole emulator`: serves the local emulator until it is told to stop."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.store.lease import is_held

SCENARIOS = ("calm", "bad-deploy", "slow-burn", "pinned", "denied", "fleet", "log-storm")


@click.command("emulator")
@global_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8085, show_default=True, help="gRPC port; 0 picks a free one."
)
@click.option(
    "--http-port", type=click.IntRange(0, 65535), default=8086, show_default=True, help="HTTP port; 0 picks a free one."
)
@click.option("--scenario", type=click.Choice(SCENARIOS), default="calm", show_default=True)
@click.option("--services", type=click.IntRange(1, 5000), default=None, help="How many services `fleet` has.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same scenario.")
@click.option("--latency", type=click.IntRange(0, 60_000), default=0, metavar="MS", help="Added to each API call.")
@click.option("--sample-period", type=click.FloatRange(1, 300), default=10.0, metavar="S", show_default=True)
@click.option("--ingest-delay", type=click.FloatRange(0, 600), default=10.0, metavar="S", show_default=True)
@click.option("--lease", type=click.Path(path_type=Path), default=None, hidden=True)
def emulator_command(
    port: int,
    http_port: int,
    scenario: str,
    services: int | None,
    seed: int,
    latency: int,
    sample_period: float,
    ingest_delay: float,
    lease: Path | None,
) -> None:
    """Serve a local Cloud Run with logs, metrics and alerts. Prints READY with its addresses."""
    gc.enable()
    # It loads gRPC and starlette, which `cfconsole demo` needs only in its child process.
    from cfconsole.emulator.server import EmulatorOptions, PortInUse, run

    options = EmulatorOptions(
        port=port,
        http_port=http_port,
        scenario=scenario,
        seed=seed,
        services=services,
        latency_ms=latency,
        sample_period_s=sample_period,
        ingest_delay_s=ingest_delay,
        abandoned=(lambda: not is_held(lease)) if lease else None,
    )
    try:
        run(options)
    except PortInUse as error:
        raise Stop(f"{error} Choose another with --port and --http-port; 0 picks a free one.", Exit.USAGE) from error
