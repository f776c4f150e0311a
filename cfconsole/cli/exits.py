"""Exit codes of the command line, a contract with scripts, and the errors that carry them."""

from __future__ import annotations

from enum import IntEnum

import click


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    """Usage or configuration."""
    REFUSED = 3
    """A guard, read-only, or nothing to do it with."""
    ROLLED_BACK = 4
    """The release failed and the split before it was restored."""
    CREDENTIALS = 5
    UNKNOWN = 6
    """The outcome is unknown, or what was there before could not be restored."""
    SUPERSEDED = 7
    """Somebody else changed the service meanwhile."""


class Stop(click.ClickException):
    """Ends the command with a sentence on stderr and an exit code."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.code = code

    def show(self, file: object = None) -> None:
        # It may repeat words of the command line, which come from anywhere in a script.
        from cfconsole.domain.text import clean

        click.echo(f"cfconsole: {clean(self.message)}", err=True)
