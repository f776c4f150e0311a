"""Runs the console: the session around the screen, from the first read to the exit code."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.exits import Exit
from cfconsole.cli.options import GlobalOptions, invocation_options
from cfconsole.cli.runner.launch import RunnerFiles, RunnerLauncher
from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.scope import Emulator, Scope, needed_projects
from cfconsole.cli.setup.signals import has_terminal, need_terminal
from cfconsole.cli.setup.wiring import (
    cache_folder,
    config_file,
    credentials_file,
    journal_file,
    read_setup,
    session_settings,
)
from cfconsole.config import Config
from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.session.watch.wall_clock import WallClock
from cfconsole.store.cache import StateCache
from cfconsole.store.credentials_file import CredentialsFile
from cfconsole.store.releases.journal import Journal
from cfconsole.ui.place import Place

if TYPE_CHECKING:
    from cfconsole.store.source.packer import SourcePacker

SWITCH_S = 0.0005
"""How long a busy thread keeps others waiting. Answering one key takes six thread switches."""


class ConsoleSetup(Struct, frozen=True):
    """What a console opens with. `address` may block until an emulator serves."""

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
    """The place that the operator chose to open next."""


def open_console(context: click.Context, service: str) -> int:
    """Runs the console on the real cloud or the emulator of the environment, and again for each place chosen in it."""
    options = invocation_options(context)
    while True:
        left = _open(options, service)
        if left.place is None:
            return left.code
        options, service = options_for(left.place, options), ""


def options_for(place: Place, options: GlobalOptions) -> GlobalOptions:
    """The options of a console on another place. Read-only stays on."""
    if place.context:
        return options._replace(context=place.context, projects=(), regions=place.regions)
    if place.projects:
        return options._replace(context="", projects=place.projects, regions=place.regions)
    return options._replace(regions=place.regions)


def _open(options: GlobalOptions, service: str) -> ConsoleExit:
    config, scope = read_setup(options)
    if not has_terminal():
        needed_projects(scope)
    need_terminal()
    setup = ConsoleSetup(
        config, scope, service, lambda: scope.emulator, journal_file(scope), scope.cache_key, moves=True
    )
    left = run_console(setup)
    if left.place is None:
        needed_projects(scope)
    return left


def run_console(setup: ConsoleSetup) -> ConsoleExit:
    """Runs the screen until it is left."""
    sys.setswitchinterval(SWITCH_S)
    return asyncio.run(_run(setup))


async def _run(setup: ConsoleSetup) -> ConsoleExit:
    opener = CloudOpener(setup.address, setup.config, _finish_loading)
    sources = functools.partial(_source_folders, setup.config)
    journal = Journal(setup.journal)
    clock = WallClock()

    settings = replace(session_settings(setup.scope, setup.config), scope=setup.cache_scope)
    login = CredentialsFile(credentials_file(os.environ, Path.home()))
    runners = RunnerLauncher(RunnerFiles(setup.journal, setup.address, config_file(setup.config)))
    cache = StateCache(cache_folder())
    session = ConsoleSession(
        opener.open, journal, cache, clock, settings, credentials=login, runners=runners, sources=sources
    )
    chosen: list[Place] = []
    try:
        async with session:
            # A worker thread already imports Google's clients meanwhile.
            from cfconsole.cli.console.screen import console_app, follow_signals

            choose = chosen.append if setup.moves else None
            app = console_app(session, setup.config, setup.scope, setup.service, clock, choose)
            follow_signals(app)
            await app.run_async()
            await session.finish()
    finally:
        print_unrecorded_releases(session.state)
        runners.close()
        await opener.aclose()
        await journal.aclose()
    return ConsoleExit(app.return_code or Exit.DONE, chosen[-1] if chosen else None)


def print_unrecorded_releases(state: ConsoleState) -> None:
    """Prints the releases that continued without a record to stderr, now that the screen is gone."""
    unrecorded = [release for release in state.releases if state.unrecorded.get(release.id)]
    if unrecorded:
        # Rarely needed, and only once the screen is gone.
        from cfconsole.cli.changes.journal import print_unrecorded

        for release in unrecorded:
            print_unrecorded(release, release.outcome)


def _source_folders(config: Config) -> SourcePacker:
    # Kept out of the first frame: the worker thread imports it, or else the first key that needs it.
    from cfconsole.domain.text import Scrubber
    from cfconsole.store.source.packer import SourcePacker

    return SourcePacker(Scrubber(config.redact.patterns))


def _finish_loading() -> None:
    """Called in the worker thread that imported everything that talks to the cloud."""
    for name in ("cfconsole.session.releases.changes", "cfconsole.store.source.packer"):
        importlib.import_module(name)
    resume_collection()


def resume_collection() -> None:
    """Enables garbage collection for new objects only: a full pass over Google's clients would block the event loop."""
    gc.freeze()
    gc.enable()
