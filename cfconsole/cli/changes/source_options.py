"""The options of `cfconsole deploy --source`."""

from __future__ import annotations

import click
from msgspec import Struct

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import option_group


class SourceOptions(Struct, frozen=True):
    """The source directory and what the function runs. Empty options stay as they are."""

    directory: str = ""
    runtime: str = ""
    entry_point: str = ""
    run_tests: bool = True
    create: bool = False


source_options = option_group(
    "source",
    SourceOptions,
    click.option(
        "--source",
        "directory",
        metavar="DIR",
        default="",
        help="Directory to build the function from, after local checks.",
    ),
    click.option(
        "--tests/--no-tests", "run_tests", default=True, help="With --source: run the function's tests first."
    ),
    click.option("--runtime", metavar="NAME", default="", help="With --source: the runtime, e.g. python312."),
    click.option("--entry-point", metavar="NAME", default="", help="With --source: the function to call."),
    click.option("--create", is_flag=True, help="Create the function from --source; it must not exist yet."),
)
"""Gives a command the options of a deploy from source."""


def check_source(source: SourceOptions, *, other: bool) -> None:
    """Raises `Stop` (usage) for options that contradict each other. `other`: an image or a container is named."""
    if not source.directory:
        if source != SourceOptions():
            raise Stop("--tests, --runtime, --entry-point and --create go with --source DIR.", Exit.USAGE)
        return
    if other:
        raise Stop("--source builds the function's one container; leave out --image and --container.", Exit.USAGE)
    if source.create and not (source.runtime and source.entry_point):
        raise Stop("A new function needs --runtime, such as python312, and --entry-point.", Exit.USAGE)
