"""What `cfconsole deploy --source` does and tells, once its options are understood."""

from __future__ import annotations

import click

from cfconsole.cli.change import tell
from cfconsole.cli.exits import Exit
from cfconsole.cli.headless import at_desk
from cfconsole.cli.output import Document, note, print_document
from cfconsole.cli.source_run import SourceChangeRequest, deploy_source, source_row


def carry_out_source(context: click.Context, request: SourceChangeRequest, form: str) -> Exit:
    """Checks, plans, shows the plan, carries out what may be, and tells of it. Returns the exit code."""
    from cfconsole.cli.change_run import show_sentences

    as_json = form == "json"
    show = (lambda plan: None) if as_json else show_sentences
    outcome = at_desk(context, lambda desk: deploy_source(desk, request, show))
    if as_json:
        print_document(Document([source_row(outcome)], warnings=outcome.warnings), (), form)
    else:
        for warning in outcome.warnings:
            note(f"cfconsole: {warning}")
    tell(outcome.change, as_json=as_json)
    for line in outcome.lines:
        note(f"  {line}")
    return outcome.change.code
