"""`cfconsole rollback` and `cfconsole traffic`: changes of what serves, by a plan, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.headless import at_desk
from cfconsole.cli.options import global_options
from cfconsole.cli.output import Document, format_option, print_document
from cfconsole.domain.releases import ReleaseKind

if TYPE_CHECKING:
    from cfconsole.cli.change_outcome import ChangeOutcome
    from cfconsole.cli.change_run import ChangeRequest

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Carry the plan out; without it the change is refused."),
    click.option("--confirm", metavar="NAME", multiple=True, help="The service's name, where the context wants it."),
    click.option("--unrecorded", is_flag=True, help="Go back even if the journal can't be written."),
    format_option,
)


def _change_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("rollback")
@global_options
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--from", "bad", metavar="REVISION", default="", help="The bad revision; the target is chosen.")
@click.option("--to", "target", metavar="REVISION", default="", help="The revision that gets all traffic.")
@_change_options
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
    from cfconsole.cli.change_choice import Consent, Wish
    from cfconsole.cli.change_run import ChangeRequest

    wish = Wish(ReleaseKind.ROLLBACK, bad, target)
    request = ChangeRequest(services, wish, Consent(yes, confirm), dry_run, unrecorded)
    context.exit(_carry_out(context, request, form))


@click.command("traffic")
@global_options
@click.argument("service")
@click.argument("splits", metavar="", nargs=-1)
@click.option("--to-latest", is_flag=True, help="All traffic to the latest Ready revision, now and after each deploy.")
@click.option("--undo", is_flag=True, help="Put back what served before the last change of this console.")
@click.option("--revision", "named", metavar="NAME", default="", help="Let this revision serve although it failed.")
@_change_options
@click.pass_context
def traffic_command(
    context: click.Context,
    service: str,
    splits: tuple[str, ...],
    to_latest: bool,
    undo: bool,
    named: str,
    dry_run: bool,
    yes: bool,
    confirm: tuple[str, ...],
    unrecorded: bool,
    form: str,
) -> None:
    """Send all traffic of SERVICE to the latest revision, or undo its last change."""
    from cfconsole.cli.change_choice import Consent, Wish
    from cfconsole.cli.change_run import ChangeRequest

    if splits:
        raise Stop(f"{splits[0]!r}: splits can't be set by this version; use --to-latest or --undo.", Exit.USAGE)
    if to_latest == undo:
        raise Stop("Say either --to-latest or --undo.", Exit.USAGE)
    if unrecorded and to_latest:
        raise Stop("Only a rollback or an undo may go unrecorded; leave --unrecorded out.", Exit.USAGE)
    wish = Wish(ReleaseKind.UNDO if undo else ReleaseKind.TO_LATEST, named=named)
    request = ChangeRequest((service,), wish, Consent(yes, confirm), dry_run, unrecorded, may_be_unrecorded=undo)
    context.exit(_carry_out(context, request, form))


def _carry_out(context: click.Context, request: ChangeRequest, form: str) -> Exit:
    from cfconsole.cli.change_outcome import outcome_row, worst
    from cfconsole.cli.change_run import change, show_sentences

    as_json = form == "json"
    result = at_desk(context, lambda desk: change(desk, request, (lambda plan: None) if as_json else show_sentences))
    if as_json:
        rows = [outcome_row(outcome) for outcome in result.outcomes]
        print_document(Document(rows, warnings=result.warnings), (), form)
    else:
        for warning in result.warnings:
            click.echo(f"cfconsole: {warning}", err=True)
    for outcome in result.outcomes:
        _tell(outcome, as_json=as_json)
    return worst(result.outcomes)


def _tell(outcome: ChangeOutcome, *, as_json: bool) -> None:
    """What was done is data; what was not is a message."""
    done = outcome.code is Exit.DONE
    if done and as_json:
        return
    prefix = "" if done else "cfconsole: "
    known = f": {', '.join(outcome.candidates)}" if outcome.candidates else ""
    click.echo(f"{prefix}{outcome.service}: {outcome.sentence.rstrip('.')}{known}.", err=not done)
