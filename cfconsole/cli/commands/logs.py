"""`cfconsole logs`: the merged log of several services in order of time, once or followed, and its options."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click
from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.cli.output.document import strict_option
from cfconsole.cli.output.log_printer import LogPrinter, is_cut, print_message, reader_gone, wants_colour
from cfconsole.cli.setup.context import CommandContext, with_cloud
from cfconsole.cli.setup.service_names import find_services
from cfconsole.cli.setup.wiring import credentials_file
from cfconsole.domain.durations import format_span, parse_duration
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, Severity
from cfconsole.domain.logs.filter import BadPattern, LogFilter, parse_filter
from cfconsole.domain.logs.query import QueryTooLong, expression_error
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.logs.times import NS, rfc3339, to_ns
from cfconsole.session.logs.follower import LogFollower
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.reader import LogQuery, LogReader, PastLog, combined_expression
from cfconsole.session.watch.supervisor import CredentialsGate
from cfconsole.store.credentials_file import CredentialsFile


@click.command("logs")
@global_options
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...")
@click.option("--follow", "-f", is_flag=True, help="Follow new entries until interrupted.")
@click.option("--since", default="1h", show_default=True, metavar="SPAN", help="How far back: 30m, 2h, 1d.")
@click.option("--severity", default="DEFAULT", metavar="WORD", help="Minimum severity: INFO, WARNING, ERROR…")
@click.option(
    "--grep", default="", metavar="RE", help="Only matching entries; `!RE` excludes them. Lower case ignores case."
)
@click.option("--filter", "expression", default="", metavar="LQL", help="A Logging query expression.")
@click.option(
    "--limit", default="1000", show_default=True, metavar="N", help="At most this many past entries, the newest."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@strict_option
@click.pass_context
def logs_command(
    context: click.Context,
    services: tuple[str, ...],
    follow: bool,
    since: str,
    severity: str,
    grep: str,
    expression: str,
    limit: str,
    form: str,
    strict: bool,
) -> None:
    """Print the merged log of each SERVICE, oldest first; JSON is one object per line."""
    options = parse_options(since, severity, grep, expression, limit)
    work = _follow if follow else _read
    complete = with_cloud(context, partial(work, names=services, options=options, json=form == "json"))
    context.exit(Exit.FAILED if strict and not complete else Exit.DONE)


async def _read(context: CommandContext, *, names: tuple[str, ...], options: LogOptions, json: bool) -> bool:
    """Whether everything could be read."""
    keys = await _keys(context, names)
    budgets = {key.project: ReadBudget(context.clock) for key in keys}
    query = _query(context, keys, options)
    past = await _past(context, budgets, query)
    if LogPrinter(json, len(keys) > 1, wants_colour()).write(_shown(past, json)):
        _say_missing(past, query)
    return not past.failed


def _shown(past: PastLog, json: bool) -> Sequence[Row]:
    """The rows to print. In text a message on stderr says that older entries are left out."""
    return past.rows[1:] if past.rows and is_cut(past.rows[0]) and not json else past.rows


async def _follow(context: CommandContext, *, names: tuple[str, ...], options: LogOptions, json: bool) -> bool:
    """Whether the past was read completely. Later gaps are marked in the output."""
    keys = await _keys(context, names)
    budgets = {key.project: ReadBudget(context.clock) for key in keys}
    query = _query(context, keys, options)
    past = await _past(context, budgets, query)
    printer = LogPrinter(json, len(keys) > 1, wants_colour())
    if printer.write(_shown(past, json)):
        _say_missing(past, query)
        await _follower(context, budgets, printer).follow(query, past)
    return not past.failed


def _follower(context: CommandContext, budgets: Mapping[str, ReadBudget], printer: LogPrinter) -> LogFollower:

    login = CredentialsFile(credentials_file(os.environ, Path.home()))
    return LogFollower(
        logs=context.cloud.logs,
        clock=context.clock,
        budgets=budgets,
        gate=CredentialsGate(login),
        jitter=partial(random.uniform, 0.8, 1.2),
        report=print_message,
        deliver=lambda rows: printer.write(rows) if rows else not reader_gone(),
    )


async def _keys(context: CommandContext, names: tuple[str, ...]) -> tuple[ServiceKey, ...]:
    found = await find_services(context.cloud, context.scope, names)
    for warning in found.warnings:
        print_message(warning)
    return found.keys


def _query(context: CommandContext, keys: Iterable[ServiceKey], options: LogOptions) -> LogQuery:
    now_ns = to_ns(context.clock.now())
    log_filter = replace(options.log_filter, services=frozenset(keys))
    return LogQuery(
        keys=tuple(keys),
        since_ns=max(0, now_ns - int(options.since_s * NS)),
        until_ns=now_ns,
        accepts=log_filter.accepts,
        searched=log_filter.pattern is not None,
        expression=combined_expression(options.severity, options.expression),
        limit=options.limit,
    )


async def _past(context: CommandContext, budgets: Mapping[str, ReadBudget], query: LogQuery) -> PastLog:
    """Raises `Stop` (usage) for a filter that Logging does not understand, `CloudError` if nothing can be read."""
    try:
        return await LogReader(context.cloud.logs, context.clock, budgets, _say_wait).read(query)
    except QueryTooLong as error:
        raise Stop(f"{error}.", Exit.USAGE) from error
    except CloudError as error:
        if error.kind is ErrorKind.INVALID and query.expression:
            raise Stop(f"--filter: {error.sentence}", Exit.USAGE) from error
        raise


def _say_wait(seconds: float) -> None:
    print_message(f"waiting {format_span(seconds)} for the project's read quota.")


def _say_missing(past: PastLog, query: LogQuery) -> None:
    if not past.rows:
        print_message("No matching entries.")
    for project, error in past.failed.items():
        print_message(f"The log of {project} could not be read completely: {error.sentence}")
    first = past.rows[0] if past.rows else None
    if isinstance(first, Gap) and not past.failed:
        moment = rfc3339(first.to_ns)
        if first.at_least or not query.searched:
            print_message(
                f"Older entries exist before {moment}; raise --limit, or narrow with --since, --severity or --filter."
            )
        else:
            print_message(f"Entries before {moment} were not searched; narrow with --since, --severity or --filter.")


MAX_LIMIT = 100_000
"""All of them are held in memory, since the oldest is printed first."""


class LogOptions(Struct, frozen=True):
    """The parsed options."""

    since_s: float
    severity: Severity
    log_filter: LogFilter
    """The severity and `--grep`. The services are added once they are found."""
    expression: str
    """In the Logging query language."""
    limit: int


def parse_options(since: str, severity: str, grep: str, expression: str, limit: str) -> LogOptions:
    """Raises `Stop` (usage)."""
    min_severity = _severity(severity)
    log_filter = parse_filter(grep, min_severity=min_severity)
    if isinstance(log_filter, BadPattern):
        raise Stop(f"--grep {log_filter.sentence}.", Exit.USAGE)
    if complaint := expression_error(expression):
        raise Stop(f"--filter: {complaint}.", Exit.USAGE)
    return LogOptions(_since(since), min_severity, log_filter, expression.strip(), _limit(limit))


def _since(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Stop(f"--since {error}.", Exit.USAGE) from None


def _severity(text: str) -> Severity:
    known = Severity.__members__
    if text.upper() not in known:
        raise Stop(f"--severity {text[:40]!r} is not a severity; use one of {', '.join(known)}.", Exit.USAGE)
    return known[text.upper()]


def _limit(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text[:9]) <= MAX_LIMIT and len(text) < 9):
        raise Stop(f"--limit {text[:40]!r} must be a whole number from 1 to {MAX_LIMIT}.", Exit.USAGE)
    return int(text)
