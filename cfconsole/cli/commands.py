"""The commands beside the console itself: where each is found, so that naming one does not load the others."""

from __future__ import annotations

import importlib
from typing import NamedTuple

import click


class Place(NamedTuple):
    """Where a command is defined, and what the list of commands says of it."""

    module: str
    attribute: str
    says: str


COMMANDS = {
    "demo": Place("demo_command", "demo_command", "The console in front of a local emulator: no account needed."),
    "emulator": Place("emulator", "emulator_command", "Serve a local Cloud Run with logs, metrics and alerts."),
    "services": Place("fleet", "services_command", "What is deployed, and what really serves."),
    "revisions": Place("fleet", "revisions_command", "The revisions of a service."),
    "logs": Place("logs", "logs_command", "The logs of services, merged, once or as they come."),
    "alerts": Place("alerts", "alerts_command", "What fires now, and which revision is suspected."),
    "metrics": Place("metrics", "metrics_command", "The traffic of a service over time."),
    "rollback": Place("change", "rollback_command", "Take traffic from a bad revision, by a plan."),
    "traffic": Place("change", "traffic_command", "All traffic to latest, or undo the last change, by a plan."),
}


class Commands(click.Group):
    """A group that imports a command when it is called, for each layer behind one costs tenths of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"cfconsole.cli.{place.module}"), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.says) for name, place in COMMANDS.items()])
