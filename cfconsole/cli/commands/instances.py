"""`cfconsole scale` and `cfconsole restart`: the instances of a service, without a screen."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cfconsole.cli.changes.command import change_options, run_change, step_options
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.deploy_options import parse_bake
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options, invocation_options
from cfconsole.cli.output.document import rfc3339
from cfconsole.cli.setup.wiring import read_setup
from cfconsole.domain.releases.planning.request import RestartRequest, ScaleRequest


@click.command("scale")
@global_options
@click.argument("service")
@click.option("--min", "minimum", metavar="N", type=int, default=None, help="Minimum instances, always kept running.")
@click.option("--max", "maximum", metavar="N", type=int, default=None, help="Maximum instances; 0: no limit.")
@change_options
@click.pass_context
def scale_command(
    context: click.Context,
    service: str,
    minimum: int | None,
    maximum: int | None,
    terms: Terms,
) -> None:
    """Set minimum and maximum instances of SERVICE; `cfconsole traffic SERVICE --undo` reverts it."""
    if minimum is None and maximum is None:
        raise Stop("Give --min, --max or both.", Exit.USAGE)
    change = ChangeArguments(ScaleRequest(minimum, maximum), terms, may_be_unrecorded=False)
    context.exit(run_change(context, (service,), change))


@click.command("restart")
@global_options
@click.argument("service")
@click.option("--bake", metavar="SPAN", default="", help="How long it is watched, e.g. 2m; 0s: not at all.")
@step_options
@click.pass_context
def restart_command(
    context: click.Context,
    service: str,
    bake: str,
    terms: Terms,
) -> None:
    """Restart SERVICE: a new revision with nothing changed takes the traffic once it is Ready."""
    config, _ = read_setup(invocation_options(context))
    bake_s = parse_bake(bake) if bake else float(config.releases.bake)
    mark = rfc3339(datetime.now(UTC)) or ""
    policy = config.releases.policy(service.rpartition("/")[2])
    change = ChangeArguments(RestartRequest(mark, policy, bake_s), terms, may_be_unrecorded=False)
    context.exit(run_change(context, (service,), change))
