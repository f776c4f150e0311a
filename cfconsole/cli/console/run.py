"""The console: the session around the screen, the signals, and the end of both."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import GlobalOptions, invocation_options
from cfconsole.cli.runner.launch import RunnerFiles, RunnerLauncher
from cfconsole.cli.setup import signals
from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.scope import Emulator, Scope, needed_projects
from cfconsole.cli.setup.wiring import (
    cache_folder,
    config_file,
    credentials_file,
    journal_file,
    read_setup,
    session_settings,
    state_folder,
)
from cfconsole.config import Config, ReleaseSettings

if TYPE_CHECKING:
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions
    from cfconsole.session.console.console_session import ConsoleSession
    from cfconsole.session.state.console_state import ConsoleState
    from cfconsole.session.watch.wall_clock import WallClock
    from cfconsole.store.source.packer import SourcePacker
    from cfconsole.ui.app import ConsoleApp
    from cfconsole.ui.place import Place, PlaceChoice

SWITCH_S = 0.0005
"""How long a busy thread keeps the others waiting: a key and the bytes it is answered with change threads six times."""


class ConsoleSetup(Struct, frozen=True):
    """What a console is opened with; `address` may block until an emulator serves."""

    config: Config
    scope: Scope
    service: str
    address: Callable[[], Emulator | None]
    journal: Path
    cache_scope: str
    moves: bool = False
    """Whether the operator may choose another place."""


class ConsoleExit(Struct, frozen=True):
    """How the screen was left."""

    code: int
    place: Place | None = None
    """Where the operator wants to look instead."""


def open_console(context: click.Context, service: str) -> int:
    """The console on the real cloud, or on the emulator that the environment names; again for each place chosen."""
    options = invocation_options(context)
    while True:
        left = _open(options, service)
        if left.place is None:
            return left.code
        from cfconsole.cli.console.places import options_for

        options, service = options_for(left.place, options), ""


def _open(options: GlobalOptions, service: str) -> ConsoleExit:
    config, scope = read_setup(options)
    if not has_terminal():
        needed_projects(scope)
    need_terminal()
    opening = ConsoleSetup(
        config, scope, service, lambda: scope.emulator, journal_file(scope), scope.cache_key, moves=True
    )
    left = run_console(opening)
    if left.place is None:
        needed_projects(scope)
    return left


def run_console(opening: ConsoleSetup) -> ConsoleExit:
    """Runs the screen until it is left."""
    sys.setswitchinterval(SWITCH_S)
    return asyncio.run(_run(opening))


async def _run(opening: ConsoleSetup) -> ConsoleExit:
    from cfconsole.session.console.console_session import ConsoleSession
    from cfconsole.session.watch.wall_clock import WallClock
    from cfconsole.store.cache import StateCache
    from cfconsole.store.credentials_file import CredentialsFile
    from cfconsole.store.releases.journal import Journal

    opener = CloudOpener(opening.address, opening.config, _finish_loading)
    sources = functools.partial(_source_folders, opening.config)
    journal = Journal(opening.journal)
    clock = WallClock()

    settings = replace(session_settings(opening.scope, opening.config), scope=opening.cache_scope)
    login = CredentialsFile(credentials_file(os.environ, Path.home()))
    runners = RunnerLauncher(RunnerFiles(opening.journal, opening.address, config_file(opening.config)))
    cache = StateCache(cache_folder())
    session = ConsoleSession(
        opener.open, journal, cache, clock, settings, credentials=login, runners=runners, sources=sources
    )
    chosen: list[Place] = []
    try:
        async with session:
            app = _app(session, opening, clock, chosen.append)
            _follow_signals(app)
            await app.run_async()
            await session.finish()
    finally:
        print_unrecorded_releases(session.state)
        runners.close()
        await opener.aclose()
        await journal.aclose()
    return ConsoleExit(app.return_code or Exit.DONE, chosen[-1] if chosen else None)


def print_unrecorded_releases(state: ConsoleState) -> None:
    """Says on stderr, now that the screen is gone, what went on although the journal did not take it."""
    unrecorded = [release for release in state.releases if state.unrecorded.get(release.id)]
    if unrecorded:
        from cfconsole.cli.changes.journal import print_unrecorded

        for release in unrecorded:
            print_unrecorded(release, release.outcome)


def _source_folders(config: Config) -> SourcePacker:
    from cfconsole.domain.text import Scrubber
    from cfconsole.store.source.packer import SourcePacker

    return SourcePacker(Scrubber(config.redact.patterns))


def _finish_loading() -> None:
    """Runs in a worker thread, after everything that talks to the cloud was loaded there."""
    importlib.import_module("cfconsole.store.source.packer")
    resume_collection()


def resume_collection() -> None:
    """Collects again, with everything loaded so far left out: a full pass over Google's clients stops the loop."""
    gc.freeze()
    gc.enable()


def _app(
    session: ConsoleSession, opening: ConsoleSetup, clock: WallClock, choose: Callable[[Place], None]
) -> ConsoleApp:
    from cfconsole.store.exports import save_text
    from cfconsole.ui.action import KeyConflict
    from cfconsole.ui.app import ConsoleApp
    from cfconsole.ui.settings import ScreenSettings
    from cfconsole.ui.terminal.driver import CellDriver

    scope, config = opening.scope, opening.config

    def go(place: Place) -> None:
        choose(place)
        app.exit()

    settings = ScreenSettings(
        context=scope.context or ", ".join(scope.projects) or "no project",
        scope=", ".join(scope.regions) or "all regions",
        badge="EMULATOR" if scope.emulator else scope.context.upper(),
        colour=scope.colour or ("magenta" if scope.emulator else ""),
        open_on=opening.service,
        thresholds=config.thresholds.thresholds(),
        keys=config.keys,
        save_text=functools.partial(save_text, state_folder() / "exports"),
        save_lines=_save_lines,
        local_offset=lambda moment: moment.astimezone().utcoffset(),
        place_choices=functools.partial(_choices, config, scope),
        open_place=go if opening.moves else None,
        no_project=not scope.projects,
        read_only=scope.read_only,
        deploy_options=functools.partial(_deploy_options, config.releases),
    )
    try:
        app = ConsoleApp(session, settings, clock, driver_class=CellDriver)
    except KeyConflict as error:
        raise Stop(f"{config.source or 'the configuration'}: {error}", Exit.USAGE) from error
    return app


def _choices(config: Config, scope: Scope) -> tuple[PlaceChoice, ...]:
    from cfconsole.cli.console.places import choices

    return choices(config, scope)


def _deploy_options(releases: ReleaseSettings, service: str) -> DeployOptions:
    """How new revisions of a service are brought in, by the configuration."""
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions
    from cfconsole.domain.releases.steps import Strategy

    strategy, policy = Strategy(releases.strategy), releases.policy(service)
    return DeployOptions(strategy=strategy, steps=releases.steps, bake_s=float(releases.bake), policy=policy)


def _save_lines(name: str, lines: Iterable[str], replace: bool) -> str:
    from cfconsole.store.exports import save_lines

    return save_lines(Path.cwd(), Path.home(), name, lines, replace)


def _follow_signals(app: ConsoleApp) -> None:
    def go_dark() -> None:
        from cfconsole.ui.terminal.driver import CellDriver

        if isinstance(app._driver, CellDriver):
            app._driver.disconnect()

    signals.leave_on_signals(app.exit, go_dark)


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal() -> None:
    """Raises `Stop` where there is none."""
    if not has_terminal():
        raise Stop("The console needs a terminal; `cfconsole --help` names the commands that don't.", Exit.USAGE)
