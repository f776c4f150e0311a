"""The commands beside the console itself."""

from __future__ import annotations

import click

from cfconsole.cli.console import demo_command
from cfconsole.cli.emulator import emulator_command

COMMANDS: tuple[click.Command, ...] = (demo_command, emulator_command)
