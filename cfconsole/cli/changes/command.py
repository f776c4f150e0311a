"""Shared by all commands that change a service: their options, running the change, and reporting it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

import click

from cfconsole.cli.changes.consent import Consent, Terms
from cfconsole.cli.changes.outcome import ChangeOutcome, outcome_row, source_row, worst_exit
from cfconsole.cli.changes.run import ChangeArguments, ChangeResult, change_services, print_plan
from cfconsole.cli.changes.source import SourceArguments, deploy_source
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import option_group
from cfconsole.cli.output.document import Document, format_option, print_data, print_document, print_note
from cfconsole.cli.setup.context import CommandContext, with_cloud
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.text import clean

ShowPlan: TypeAlias = Callable[[Plan], None]
ChangeWork: TypeAlias = Callable[[CommandContext, ShowPlan], Coroutine[Any, Any, ChangeResult]]


def _terms(yes: bool, confirm: tuple[str, ...], **others: Any) -> Terms:
    return Terms(Consent(yes, confirm), **others)


_confirm = click.option(
    "--confirm", metavar="NAME", multiple=True, help="The service's name, where the context requires it."
)
_wait = click.option("--wait/--no-wait", default=True, help="Follow the release until it ends, or return at once.")
_change = (
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Carry out the plan; without it the change is refused."),
    _confirm,
    format_option,
)
change_options = option_group("terms", _terms, *_change)
"""Gives a command the options of every change, as one `Terms`."""
rollback_options = option_group(
    "terms",
    _terms,
    *_change,
    click.option("--unrecorded", is_flag=True, help="Roll back even if the journal can't be written."),
)
step_options = option_group("terms", _terms, _wait, *_change)
"""The same for a release in steps, which a process of its own carries out."""
resume_options = option_group(
    "terms",
    _terms,
    click.option("--yes", is_flag=True, help="Carry it out; without it the command only says what it would do."),
    _confirm,
    _wait,
    format_option,
)


def run_change(context: click.Context, services: Sequence[str], change: ChangeArguments) -> Exit:
    """Plans a change of each service, shows the plans, carries out what is approved and reports. The exit code."""
    return run_and_report(context, change.terms, lambda opened, show: change_services(opened, services, change, show))


def run_source_deploy(context: click.Context, arguments: SourceArguments) -> Exit:
    """The same for a function that is built from its source."""
    return run_and_report(context, arguments.terms, lambda opened, show: deploy_source(opened, arguments, show))


def run_and_report(context: click.Context, terms: Terms, work: ChangeWork) -> Exit:
    """Runs the work on the cloud and reports each service. Returns the exit code."""
    as_json = terms.form == "json"
    show_plan = _show_nothing if as_json else print_plan
    result = with_cloud(context, lambda opened: work(opened, show_plan))
    try:
        _print_result(result, terms.form)
    except Stop as unwritten:
        if not any(outcome.release for outcome in result.outcomes):
            raise
        # The change itself is done, and the exit code has to say so.
        unwritten.show()
    return worst_exit(result.outcomes)


def _print_result(result: ChangeResult, form: str) -> None:
    as_json, source = form == "json", result.source
    if as_json:
        rows = [
            outcome_row(outcome) | (source_row(source, outcome.release) if source else {})
            for outcome in result.outcomes
        ]
        print_document(Document(rows, warnings=result.warnings), (), form)
    else:
        for warning in result.warnings:
            print_note(f"cfconsole: {warning}")
    for outcome in result.outcomes:
        report(outcome, as_json=as_json)
    for line in source.lines if source else ():
        print_note(f"  {line}")


def _show_nothing(plan: Plan) -> None:
    """The document holds the plans."""


def report(outcome: ChangeOutcome, *, as_json: bool, code: Exit | None = None) -> None:
    """Prints a finished change to stdout and anything else to stderr. `code` overrides the outcome's own exit code."""
    done = (outcome.code if code is None else code) is Exit.DONE
    if done and as_json:
        return
    known = f": {', '.join(outcome.candidates)}" if outcome.candidates else ""
    # Some sentences repeat words of the command line.
    sentence = clean(f"{outcome.service}: {outcome.sentence.rstrip('.')}{known}.")
    if done:
        print_data(sentence)
    else:
        print_note(f"cfconsole: {sentence}")
