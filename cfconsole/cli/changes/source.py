"""What `cfconsole deploy --source` does and tells, once its options are understood."""

from __future__ import annotations

import click

from cfconsole.cli.changes.command import report
from cfconsole.cli.changes.source_run import SourceChangeRequest, deploy_source, source_row
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import Document, print_document, print_note
from cfconsole.cli.setup.context import with_cloud


def run_source_deploy(context: click.Context, request: SourceChangeRequest, form: str) -> Exit:
    """Checks, plans, shows the plan, carries out what may be, and tells of it. Returns the exit code."""
    from cfconsole.cli.changes.run import print_plan

    as_json = form == "json"
    show = (lambda plan: None) if as_json else print_plan
    outcome = with_cloud(context, lambda opened: deploy_source(opened, request, show))
    if as_json:
        print_document(Document([source_row(outcome)], warnings=outcome.warnings), (), form)
    else:
        for warning in outcome.warnings:
            print_note(f"cfconsole: {warning}")
    report(outcome.change, as_json=as_json)
    for line in outcome.lines:
        print_note(f"  {line}")
    return outcome.change.code
