"""What commands print: one JSON document, or a table of plain text. Data on stdout, messages on stderr."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO

import click

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import option_group

DocumentRow = Mapping[str, Any]
READER_GONE = (errno.EPIPE, errno.EIO)
"""How a write fails when its pipe or terminal is gone."""

format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print."
)
strict_option = click.option("--strict", is_flag=True, help="Exit with 1 when something could not be read.")


class OutputOptions(NamedTuple):
    """How to print a document, and whether an incomplete one is a failure."""

    form: str
    strict: bool = False

    @property
    def json(self) -> bool:
        return self.form == "json"


read_options = option_group("printing", OutputOptions, format_option, strict_option)
"""Gives a command the options of every command that reads."""


class Document(NamedTuple):
    """The rows of a command, with what could not be read."""

    rows: Sequence[DocumentRow]
    unreachable: Sequence[str] = ()
    warnings: Sequence[str] = ()

    @property
    def partial(self) -> bool:
        return bool(self.unreachable) or any(row.get("unreadable") for row in self.rows)


class Column(NamedTuple):
    """One column of a table: its heading and the field it shows."""

    heading: str
    field: str
    right: bool = False


def print_data(text: str) -> None:
    """Prints data to stdout. A closed reader (`| head`) is no error: exit codes are about the work alone.

    Raises `Stop` where it can't be written.
    """
    try:
        click.echo(text)
    except OSError as error:
        drop_output()
        if error.errno not in READER_GONE:
            raise write_failure(error) from error


def print_note(text: str) -> None:
    """Prints a message to stderr. If that fails, the work continues."""
    try:
        click.echo(text, err=True)
    except OSError:
        _redirect_to_null(sys.stderr)


def drop_output() -> None:
    """Drops what is buffered for stdout: closing the stream would fail, or block, once more."""
    _redirect_to_null(sys.stdout)


def _redirect_to_null(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write_failure(error: OSError) -> Stop:
    """The end of a command whose output can't be written."""
    return Stop(f"Can't write the output: {error.strerror}.")


def print_document(document: Document, columns: Sequence[Column], form: str) -> None:
    """Prints the document as JSON or as a table. What is missing is reported on stderr."""
    if form == "json":
        body = {
            "schema": 1,
            "rows": [dict(row) for row in document.rows],
            "unreachable": list(document.unreachable),
            "warnings": list(document.warnings),
        }
        print_data(json.dumps(body, ensure_ascii=False, indent=2, default=_plain))
    else:
        print_data(table(document.rows, columns).rstrip("\n"))
    for sentence in (*document.unreachable, *document.warnings):
        print_note(f"cfconsole: {sentence}")


def print_read(
    document: Document,
    columns: Sequence[Column],
    printing: OutputOptions,
    line: Callable[[DocumentRow], DocumentRow] = lambda row: row,
) -> Exit:
    """Prints the document; a table shows `line(row)` for each row. Returns the exit code."""
    printed = document if printing.json else document._replace(rows=[line(row) for row in document.rows])
    print_document(printed, columns, printing.form)
    return Exit.FAILED if printing.strict and document.partial else Exit.DONE


def table(rows: Sequence[DocumentRow], columns: Sequence[Column]) -> str:
    """Aligned columns; `-` is absent, `?` could not be read."""
    cells = [[column.heading for column in columns]]
    cells += [[_cell(row, column.field) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    lines = []
    for line in cells:
        padded = (
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        )
        lines.append("  ".join(padded).rstrip() + "\n")
    return "".join(lines)


def rfc3339(moment: datetime | None) -> str | None:
    """A time in UTC with milliseconds, as in all documents."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(row: DocumentRow, field: str) -> str:
    if field in row.get("unreadable", ()):
        return "?"
    value = row.get(field)
    match value:
        case None | "" | [] | ():
            return "-"
        case True:
            return "yes"
        case False:
            return "no"
        case float():
            return f"{value:.4g}"
        case list() | tuple():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")
