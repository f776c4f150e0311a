"""The list of commands with the module of each, so that one command does not load the others."""

import importlib
from typing import NamedTuple

import click


class CommandEntry(NamedTuple):
    """Where a command is defined, and its line in `--help`. Without a line it is hidden."""

    module: str
    attribute: str
    summary: str = ""


COMMANDS = {
    "demo": CommandEntry("demo", "demo_command", "Run the console on a local emulator; no account needed."),
    "emulator": CommandEntry("emulator", "emulator_command", "Serve a local Cloud Run with logs, metrics and alerts."),
    "services": CommandEntry("services", "services_command", "List services and what actually serves."),
    "revisions": CommandEntry("services", "revisions_command", "List the revisions of a service."),
    "logs": CommandEntry("logs", "logs_command", "Logs of services, merged; once or followed."),
    "alerts": CommandEntry("alerts", "alerts_command", "Open alerts and the suspect revisions."),
    "metrics": CommandEntry("metrics", "metrics_command", "Show the traffic of a service over time."),
    "rollback": CommandEntry("traffic", "rollback_command", "Move traffic away from a bad revision."),
    "deploy": CommandEntry(
        "deploy", "deploy_command", "Deploy a new revision step by step; restored if it is unhealthy."
    ),
    "traffic": CommandEntry("traffic", "traffic_command", "Split traffic, send all to latest, or undo."),
    "scale": CommandEntry("instances", "scale_command", "Set minimum and maximum instances."),
    "restart": CommandEntry("instances", "restart_command", "Restart: a new revision with the same image."),
    "releases": CommandEntry("releases", "releases_command", "List releases; resume, abort, statistics."),
    "runner": CommandEntry("runner", "runner_command"),
}


class LazyCommandGroup(click.Group):
    """A group that imports a command when it is called: each layer behind it costs tenths of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, entry in COMMANDS.items() if entry.summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(
            importlib.import_module(f"cfconsole.cli.commands.{entry.module}"), entry.attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])
