"""`cfconsole demo`: the console on an emulator that it starts itself."""

from __future__ import annotations

import contextlib

import click

from cfconsole.cli.commands.emulator import SCENARIOS
from cfconsole.cli.console.demo_emulator import DemoEmulator, DemoFailed, DemoStory
from cfconsole.cli.exits import Stop
from cfconsole.cli.options import GlobalOptions, global_options, invocation_options
from cfconsole.cli.setup import signals
from cfconsole.cli.setup.scope import Emulator, Scope
from cfconsole.cli.setup.wiring import read_setup, state_folder
from cfconsole.config import Config
from cfconsole.domain.errors import CloudError, ErrorKind

DEMO_PROJECT = "shop-prod"


@click.command("demo")
@global_options
@click.option("--scenario", type=click.Choice(SCENARIOS), default="bad-deploy", show_default=True)
@click.option("--services", type=click.IntRange(1, 5000), default=None, help="How many services `fleet` has.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same scenario.")
@click.option("--service", metavar="NAME", default="", help="Open the console on this service.")
@click.pass_context
def demo_command(context: click.Context, scenario: str, services: int | None, seed: int, service: str) -> None:
    """Run the console on a local emulator: no account, nothing to break."""
    options: GlobalOptions = invocation_options(context)
    config, _ = read_setup(options._replace(context="", projects=(DEMO_PROJECT,)))
    signals.need_terminal()
    story = DemoStory(scenario, services, seed)
    with signals.unwind_on_signals():
        context.exit(_run(config, options, story, service))


def _run(config: Config, options: GlobalOptions, story: DemoStory, service: str) -> int:
    with contextlib.ExitStack() as started:
        with signals.postpone_signals():
            emulator = _emulator(story)
            started.callback(_stop, emulator)
        # Imported while the emulator starts.
        from cfconsole.cli.console.run import ConsoleSetup, run_console

        # Its address is not known yet, but that it is an emulator is.
        scope = Scope((DEMO_PROJECT,), options.regions, read_only=options.read_only, emulator=Emulator(""))
        setup = ConsoleSetup(config, scope, service, lambda: _address(emulator), emulator.journal, f"demo {story}")
        return run_console(setup).code


def _emulator(story: DemoStory) -> DemoEmulator:
    try:
        return DemoEmulator.start(story, state_folder() / "demo")
    except (DemoFailed, OSError) as error:
        raise Stop(f"The demo can't start: {error}") from error


def _stop(emulator: DemoEmulator) -> None:
    with signals.postpone_signals():
        emulator.stop()


def _address(emulator: DemoEmulator) -> Emulator:
    try:
        return emulator.address()
    except DemoFailed as error:
        raise CloudError(ErrorKind.UNAVAILABLE, str(error)) from error
