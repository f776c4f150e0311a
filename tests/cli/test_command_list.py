"""The list of commands in `cfconsole --help`, and where each command is found."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from cfconsole.cli.command_list import COMMANDS
from cfconsole.cli.main import cli


def test_help_lists_the_commands_that_people_use() -> None:
    _, _, listed = CliRunner().invoke(cli, ["--help"]).output.partition("\nCommands:\n")
    names = [
        line.split()[0] for line in listed.partition("\n\n")[0].splitlines() if line.startswith("  ") and line[2] != " "
    ]
    assert names == [name for name in COMMANDS if name != "runner"]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_is_where_the_list_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
