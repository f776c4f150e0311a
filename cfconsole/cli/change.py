"""What every command that changes a service shares: its options, and how a change is carried out and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cfconsole.cli.exits import Exit
from cfconsole.cli.headless import at_desk
from cfconsole.cli.output import Document, format_option, print_document

if TYPE_CHECKING:
    from cfconsole.cli.change_outcome import ChangeOutcome
    from cfconsole.cli.change_run import ChangeRequest

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Carry the plan out; without it the change is refused."),
    click.option("--confirm", metavar="NAME", multiple=True, help="The service's name, where the context wants it."),
    format_option,
)
unrecorded_option = click.option("--unrecorded", is_flag=True, help="Go back even if the journal can't be written.")


def change_options(command: Command) -> Command:
    """Gives a command what every change is asked for."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def carry_out(context: click.Context, request: ChangeRequest, form: str) -> Exit:
    """Plans, shows the plans, carries out what may be, and tells of each service. Returns the exit code."""
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
        tell(outcome, as_json=as_json)
    return worst(result.outcomes)


def tell(outcome: ChangeOutcome, *, as_json: bool, code: Exit | None = None) -> None:
    """What was done is data; what was not is a message. `code` is the command's own, where it is another."""
    done = (outcome.code if code is None else code) is Exit.DONE
    if done and as_json:
        return
    prefix = "" if done else "cfconsole: "
    known = f": {', '.join(outcome.candidates)}" if outcome.candidates else ""
    click.echo(f"{prefix}{outcome.service}: {outcome.sentence.rstrip('.')}{known}.", err=not done)
