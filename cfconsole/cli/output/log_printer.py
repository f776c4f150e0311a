"""Prints log rows as JSON lines or as text, and notices a closed reader."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import NamedTuple, NoReturn

import click

from cfconsole.cli.output.document import READER_GONE, drop_output, print_note, write_failure
from cfconsole.cli.setup.context import ending_signals, signal_exit_code
from cfconsole.cli.setup.signals import terminal_gone
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.export import log_line, log_parts, log_text, severity_word
from cfconsole.domain.logs.rows import Row

STDOUT = 1
_COLOURS = ((Severity.ERROR, "red"), (Severity.WARNING, "yellow"), (Severity.NOTICE, "cyan"))


class LogPrinter(NamedTuple):
    """How rows are printed."""

    json: bool
    services: bool = False
    """Whether each line names its service: several are mixed."""
    colour: bool = False

    def write(self, rows: Iterable[Row]) -> bool:
        """Writes and flushes all rows at once. Returns whether the reader is still there."""
        text = "".join(f"{self._line(row)}\n" for row in rows)
        try:
            with _interruptible():
                sys.stdout.write(text)
                sys.stdout.flush()
        except OSError as error:
            drop_output()
            if error.errno not in READER_GONE:
                raise write_failure(error) from error
            return False
        except (KeyboardInterrupt, SystemExit):
            drop_output()
            raise
        return True

    def _line(self, row: Row) -> str:
        if self.json:
            return log_line(row)
        return self._coloured(row) if self.colour else log_text(row, services=self.services)

    def _coloured(self, row: Row) -> str:
        if isinstance(row, Gap):
            return click.style(log_text(row), fg="yellow")
        head, message = log_parts(row, services=self.services)
        return f"{head.replace(word := severity_word(row.severity), _styled(word, row), 1)} {message}"


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Lets signals end a write that blocks on a slow reader, which blocks the event loop and its signals too."""
    before = {number: signal.signal(number, _end) for number in ending_signals()}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(signal_exit_code(number))


def wants_colour() -> bool:
    """Whether stdout is a terminal and `NO_COLOR` is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def reader_gone() -> bool:
    """Whether the reader of stdout is gone. Without a write nothing else reports it."""
    return terminal_gone(STDOUT)


def print_message(sentence: str) -> None:
    print_note(f"cfconsole: {sentence}")


def is_cut(row: Row) -> bool:
    """Whether a row marks older entries that are left out because there are too many."""
    return isinstance(row, Gap) and row.reason is GapReason.NOT_READ


def _styled(word: str, entry: LogEntry) -> str:
    colour = next((colour for least, colour in _COLOURS if entry.severity >= least), None)
    return click.style(word, fg=colour, bold=entry.severity >= Severity.CRITICAL or None, dim=colour is None or None)
