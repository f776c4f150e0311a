"""What every command that changes a service shares: its options, and how a change is carried out and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cfconsole.cli.changes.consent import Consent, Terms
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import option_group
from cfconsole.cli.output.document import Document, format_option, print_data, print_document, print_note
from cfconsole.cli.setup.context import with_cloud
from cfconsole.domain.text import clean

if TYPE_CHECKING:
    from cfconsole.cli.changes.outcome import ChangeOutcome
    from cfconsole.cli.changes.run import ChangeArguments


def _terms(yes: bool, confirm: tuple[str, ...], **others: Any) -> Terms:
    return Terms(Consent(yes, confirm), **others)


_confirm = click.option(
    "--confirm", metavar="NAME", multiple=True, help="The service's name, where the context wants it."
)
_wait = click.option(
    "--wait/--no-wait", default=True, help="Follow the release to its end, or leave it to run by itself."
)
_change = (
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Carry the plan out; without it the change is refused."),
    _confirm,
    format_option,
)
change_options = option_group("terms", _terms, *_change)
"""Gives a command what every change is asked for, as `Terms`."""
rollback_options = option_group(
    "terms",
    _terms,
    *_change,
    click.option("--unrecorded", is_flag=True, help="Go back even if the journal can't be written."),
)
step_options = option_group("terms", _terms, _wait, *_change)
"""The same for what is done in steps, by a process of its own."""
resume_options = option_group(
    "terms",
    _terms,
    click.option("--yes", is_flag=True, help="Carry it out; without it you are told what would be done."),
    _confirm,
    _wait,
    format_option,
)


def run_change(context: click.Context, request: ChangeArguments) -> Exit:
    """Plans, shows the plans, carries out what may be, and tells of each service. Returns the exit code."""
    from cfconsole.cli.changes.outcome import outcome_row, worst_exit
    from cfconsole.cli.changes.run import print_plan, run_changes

    form = request.terms.form
    as_json = form == "json"
    result = with_cloud(
        context, lambda opened: run_changes(opened, request, (lambda plan: None) if as_json else print_plan)
    )
    try:
        if as_json:
            rows = [outcome_row(outcome) for outcome in result.outcomes]
            print_document(Document(rows, warnings=result.warnings), (), form)
        else:
            for warning in result.warnings:
                print_note(f"cfconsole: {warning}")
        for outcome in result.outcomes:
            report(outcome, as_json=as_json)
    except Stop as unwritten:
        if not any(outcome.release for outcome in result.outcomes):
            raise
        # What was done is done, and the exit code is to say so.
        unwritten.show()
    return worst_exit(result.outcomes)


def report(outcome: ChangeOutcome, *, as_json: bool, code: Exit | None = None) -> None:
    """What was done is data; what was not is a message. `code` is the command's own, where it is another."""
    done = (outcome.code if code is None else code) is Exit.DONE
    if done and as_json:
        return
    known = f": {', '.join(outcome.candidates)}" if outcome.candidates else ""
    # What was asked for stands in some of them as it was written.
    sentence = clean(f"{outcome.service}: {outcome.sentence.rstrip('.')}{known}.")
    if done:
        print_data(sentence)
    else:
        print_note(f"cfconsole: {sentence}")
