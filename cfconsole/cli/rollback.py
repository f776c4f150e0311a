"""`cfconsole rollback`: traffic away from a bad revision, by a plan, without a screen."""

from __future__ import annotations

import click

from cfconsole.cli.change import carry_out, change_options, unrecorded_option
from cfconsole.cli.change_choice import Consent, Wish
from cfconsole.cli.change_run import ChangeRequest
from cfconsole.cli.options import global_options
from cfconsole.domain.releases import ReleaseKind


@click.command("rollback")
@global_options
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--from", "bad", metavar="REVISION", default="", help="The bad revision; the target is chosen.")
@click.option("--to", "target", metavar="REVISION", default="", help="The revision that gets all traffic.")
@change_options
@unrecorded_option
@click.pass_context
def rollback_command(
    context: click.Context,
    services: tuple[str, ...],
    bad: str,
    target: str,
    dry_run: bool,
    yes: bool,
    confirm: tuple[str, ...],
    unrecorded: bool,
    form: str,
) -> None:
    """Take all traffic from a bad revision of each SERVICE (NAME, REGION/NAME or PROJECT/REGION/NAME)."""
    wish = Wish(ReleaseKind.ROLLBACK, bad, target)
    request = ChangeRequest(services, wish, Consent(yes, confirm), dry_run, unrecorded)
    context.exit(carry_out(context, request, form))
