"""`cfconsole releases`: lists releases, shows their statistics, and resumes or aborts one."""

from __future__ import annotations

import click

from cfconsole.cli.changes.command import report, resume_options
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.outcome import outcome_row
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.cli.output.document import Document, OutputOptions, format_option, print_data, print_document, print_read
from cfconsole.cli.releases.read import read_release, read_releases, read_stats, show_lines
from cfconsole.cli.releases.rows import RELEASE_COLUMNS, STATS_COLUMNS, release_line, stats_line
from cfconsole.cli.releases.steer import CommandOutcome, command_release
from cfconsole.cli.setup.context import with_cloud
from cfconsole.domain.durations import parse_duration
from cfconsole.domain.releases.rollout.values import Command

_since = click.option("--since", default="7d", show_default=True, metavar="SPAN", help="How far back: 12h, 7d.")
_id = click.argument("release_id", metavar="ID")


@click.group("releases", invoke_without_command=True)
@global_options
@_since
@format_option
@click.pass_context
def releases_command(context: click.Context, since: str, form: str) -> None:
    """List the releases of this console and the team, newest first, or act on one."""
    if context.invoked_subcommand is None:
        _list(context, since, form)


@releases_command.command("list")
@global_options
@_since
@format_option
@click.pass_context
def list_command(context: click.Context, since: str, form: str) -> None:
    """List releases, newest first."""
    _list(context, since, form)


@releases_command.command("show")
@global_options
@_id
@format_option
@click.pass_context
def show_command(context: click.Context, release_id: str, form: str) -> None:
    """Show one release: its plan, its events and what can be done."""

    found = with_cloud(context, lambda opened: read_release(opened, release_id))
    if form == "json":
        print_document(Document([found.row]), (), form)
    else:
        print_data("\n".join(show_lines(found)))
    context.exit(Exit.DONE)


@releases_command.command("resume")
@global_options
@_id
@resume_options
@click.pass_context
def resume_command(context: click.Context, release_id: str, terms: Terms) -> None:
    """Resume a release whose process is gone."""
    _resume_or_abort(context, release_id, Command.CONTINUE, terms)


@releases_command.command("abort")
@global_options
@_id
@resume_options
@click.pass_context
def abort_command(context: click.Context, release_id: str, terms: Terms) -> None:
    """Abort a release and restore the previous traffic."""
    _resume_or_abort(context, release_id, Command.ABORT, terms)


@releases_command.command("stats")
@global_options
@_since
@format_option
@click.pass_context
def stats_command(context: click.Context, since: str, form: str) -> None:
    """Release statistics of this console against their targets."""

    span = _span(since)
    document = with_cloud(context, lambda opened: read_stats(opened, span))
    context.exit(print_read(document, STATS_COLUMNS, OutputOptions(form), stats_line))


def _list(context: click.Context, since: str, form: str) -> None:

    span = _span(since)
    document = with_cloud(context, lambda opened: read_releases(opened, span))
    context.exit(print_read(document, RELEASE_COLUMNS, OutputOptions(form), release_line))


def _resume_or_abort(context: click.Context, release_id: str, command: Command, terms: Terms) -> None:

    as_json = terms.form == "json"
    steered: CommandOutcome = with_cloud(
        context, lambda opened: command_release(opened, release_id, command, terms.consent, wait=terms.wait)
    )
    if as_json:
        print_document(Document([outcome_row(steered.outcome)]), (), terms.form)
    report(steered.outcome, as_json=as_json, code=steered.code)
    context.exit(steered.code)


def _span(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Stop(f"--since: {error}.", Exit.USAGE) from error
