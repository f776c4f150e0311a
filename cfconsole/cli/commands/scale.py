"""`cfconsole scale`: instances of a whole service, by a plan; no revision is made and no traffic moves."""

from __future__ import annotations

import click

from cfconsole.cli.changes.command import change_options, run_change
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.domain.releases.planning.request import ScaleRequest


@click.command("scale")
@global_options
@click.argument("service")
@click.option("--min", "minimum", metavar="N", type=int, default=None, help="Instances that are always kept.")
@click.option(
    "--max", "maximum", metavar="N", type=int, default=None, help="At most so many; 0: no maximum of its own."
)
@change_options
@click.pass_context
def scale_command(
    context: click.Context,
    service: str,
    minimum: int | None,
    maximum: int | None,
    terms: Terms,
) -> None:
    """Set how many instances SERVICE keeps and may run; `cfconsole traffic SERVICE --undo` takes it back."""
    if minimum is None and maximum is None:
        raise Stop("Say --min, --max or both.", Exit.USAGE)
    change = ChangeArguments(ScaleRequest(minimum, maximum), terms, may_be_unrecorded=False)
    context.exit(run_change(context, (service,), change))
