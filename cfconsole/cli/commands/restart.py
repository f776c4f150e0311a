"""`cfconsole restart`: a new revision of the very same image, without a screen."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cfconsole.cli.changes.command import run_change, step_options
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.deploy_options import parse_bake
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.options import global_options, invocation_options
from cfconsole.cli.output.document import rfc3339
from cfconsole.cli.setup.wiring import read_setup
from cfconsole.domain.releases.planning.request import RestartRequest


@click.command("restart")
@global_options
@click.argument("service")
@click.option("--bake", metavar="SPAN", default="", help="How long it is watched: 2m; 0s for not at all.")
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
