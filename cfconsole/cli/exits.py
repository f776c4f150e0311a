"""Exit codes of the command line, a contract with scripts, and the exception that carries one."""

from __future__ import annotations

from enum import IntEnum

import click


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    """Usage or configuration."""
    REFUSED = 3
    """A guard, read-only, or no possible target."""
    ROLLED_BACK = 4
    """The release failed and the previous split was restored."""
    CREDENTIALS = 5
    UNKNOWN = 6
    """The outcome is unknown, or the previous state could not be restored."""
    SUPERSEDED = 7
    """Somebody else changed the service meanwhile."""


class Stop(click.ClickException):
    """Ends the command with a sentence on stderr and an exit code."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.code = code

    def show(self, file: object = None) -> None:
        # Imported here, for `--help` would wait for it. The message may repeat words of the command line.
        from cfconsole.domain.text import clean

        click.echo(f"cfconsole: {clean(self.message)}", err=True)
