"""Makes the screen, with its settings from the configuration, the options and this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.setup import signals
from cfconsole.cli.setup.scope import Scope
from cfconsole.cli.setup.wiring import state_folder
from cfconsole.config import Config, Context, ReleaseSettings
from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.watch.wall_clock import WallClock
from cfconsole.store.exports import save_lines, save_text
from cfconsole.ui.action import KeyConflict
from cfconsole.ui.app import ConsoleApp
from cfconsole.ui.place import Place, PlaceChoice
from cfconsole.ui.settings import ScreenSettings
from cfconsole.ui.terminal.driver import CellDriver

if TYPE_CHECKING:
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions


def console_app(
    session: ConsoleSession,
    config: Config,
    scope: Scope,
    service: str,
    clock: WallClock,
    choose: Callable[[Place], None] | None,
) -> ConsoleApp:
    """The screen, opened on a service. Without `choose` the operator can't move it to another place."""

    def open_place(place: Place) -> None:
        if choose:
            choose(place)
        app.exit()

    settings = _settings(config, scope, service, open_place if choose else None)
    try:
        app = ConsoleApp(session, settings, clock, driver_class=CellDriver)
    except KeyConflict as error:
        raise Stop(f"{config.source or 'the configuration'}: {error}", Exit.USAGE) from error
    return app


def follow_signals(app: ConsoleApp) -> None:
    """Signals leave the screen as `q` does."""

    def disconnect() -> None:
        if isinstance(app._driver, CellDriver):
            app._driver.disconnect()

    signals.leave_on_signals(app.exit, disconnect)


def _settings(config: Config, scope: Scope, service: str, open_place: Callable[[Place], None] | None) -> ScreenSettings:
    return ScreenSettings(
        context=scope.context or ", ".join(scope.projects) or "no project",
        scope=", ".join(scope.regions) or "all regions",
        badge="EMULATOR" if scope.emulator else scope.context.upper(),
        colour=scope.colour or ("magenta" if scope.emulator else ""),
        open_on=service,
        thresholds=config.thresholds.thresholds(),
        keys=config.keys,
        save_text=functools.partial(save_text, state_folder() / "exports"),
        save_lines=_save_lines,
        local_offset=lambda moment: moment.astimezone().utcoffset(),
        place_choices=functools.partial(place_choices, config, scope),
        open_place=open_place,
        no_project=not scope.projects,
        read_only=scope.read_only,
        deploy_options=functools.partial(_deploy_options, config.releases),
    )


def place_choices(config: Config, scope: Scope) -> tuple[PlaceChoice, ...]:
    """The contexts of the configuration, and the projects of this console."""
    contexts = (
        PlaceChoice(name, "context", Place(context=name), _about(context), _why_not(context, scope))
        for name, context in config.contexts.items()
    )
    own = () if scope.context else scope.projects
    return (*contexts, *(PlaceChoice(project, "project", Place(projects=(project,)), "here") for project in own))


def _about(context: Context) -> str:
    return " · ".join((", ".join(context.projects), ", ".join(context.regions) or "all regions"))


def _why_not(context: Context, scope: Scope) -> str:
    return "Not marked `emulator = true`." if scope.emulator and not context.emulator else ""


def _save_lines(name: str, lines: Iterable[str], replace: bool) -> str:
    return save_lines(Path.cwd(), Path.home(), name, lines, replace)


def _deploy_options(releases: ReleaseSettings, service: str) -> DeployOptions:
    # Kept out of the first frame, which it would delay by 20 ms: a key imports it.
    from cfconsole.cli.changes.deploy_options import configured_options

    return configured_options(releases, service)
