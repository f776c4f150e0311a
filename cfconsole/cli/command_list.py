"""The commands beside the console itself: where each is found, so that naming one does not load the others."""

import importlib
from typing import NamedTuple

import click


class CommandEntry(NamedTuple):
    """Where a command is defined, and what the list of commands says of it: nothing, and it is not listed."""

    module: str
    attribute: str
    summary: str = ""


COMMANDS = {
    "demo": CommandEntry("demo", "demo_command", "The console in front of a local emulator: no account needed."),
    "emulator": CommandEntry("emulator", "emulator_command", "Serve a local Cloud Run with logs, metrics and alerts."),
    "services": CommandEntry("services", "services_command", "What is deployed, and what really serves."),
    "revisions": CommandEntry("services", "revisions_command", "The revisions of a service."),
    "logs": CommandEntry("logs", "logs_command", "The logs of services, merged, once or as they come."),
    "alerts": CommandEntry("alerts", "alerts_command", "What fires now, and which revision is suspected."),
    "metrics": CommandEntry("metrics", "metrics_command", "The traffic of a service over time."),
    "rollback": CommandEntry("traffic", "rollback_command", "Take traffic from a bad revision, by a plan."),
    "deploy": CommandEntry(
        "deploy", "deploy_command", "A new revision, brought in step by step and taken back if it is bad."
    ),
    "traffic": CommandEntry("traffic", "traffic_command", "Split traffic, send all to latest, or undo, by a plan."),
    "scale": CommandEntry(
        "instances", "scale_command", "Set how many instances a service keeps and may run, by a plan."
    ),
    "restart": CommandEntry("instances", "restart_command", "A new revision of the very same image, by a plan."),
    "releases": CommandEntry(
        "releases", "releases_command", "What was released and how it went; take up, put back, measure."
    ),
    "runner": CommandEntry("runner", "runner_command"),
}


class LazyCommandGroup(click.Group):
    """A group that imports a command when it is called, for each layer behind one costs tenths of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, place in COMMANDS.items() if place.summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(
            importlib.import_module(f"cfconsole.cli.commands.{place.module}"), place.attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("LazyCommandGroup"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])
