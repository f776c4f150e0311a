"""What `cfconsole deploy --source` does and tells, once its options are understood."""

from __future__ import annotations

import click

from cfconsole.cli.changes.command import tell
from cfconsole.cli.changes.source_run import SourceChangeRequest, deploy_source, source_row
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import Document, note, print_document
from cfconsole.cli.setup.context import at_desk


def carry_out_source(context: click.Context, request: SourceChangeRequest, form: str) -> Exit:
    """Checks, plans, shows the plan, carries out what may be, and tells of it. Returns the exit code."""
    from cfconsole.cli.changes.run import show_sentences

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
