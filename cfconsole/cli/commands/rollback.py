"""`cfconsole rollback`: traffic away from a bad revision, by a plan, without a screen."""

from __future__ import annotations

import click

from cfconsole.cli.changes.command import rollback_options, run_change
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.options import global_options
from cfconsole.domain.releases.planning.request import RollbackRequest


@click.command("rollback")
@global_options
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--from", "bad", metavar="REVISION", default="", help="The bad revision; the target is chosen.")
@click.option("--to", "target", metavar="REVISION", default="", help="The revision that gets all traffic.")
@rollback_options
@click.pass_context
def rollback_command(
    context: click.Context,
    services: tuple[str, ...],
    bad: str,
    target: str,
    terms: Terms,
) -> None:
    """Take all traffic from a bad revision of each SERVICE (NAME, REGION/NAME or PROJECT/REGION/NAME)."""
    change = ChangeArguments(RollbackRequest(bad, target), terms, named=(target,))
    context.exit(run_change(context, services, change))
