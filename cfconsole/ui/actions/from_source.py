"""Deploys a function from a directory: it is checked while the screen goes on, and then its plan is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.actions.change import show_plan

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

STRATEGIES = tuple(strategy.value for strategy in Strategy)
USAGE = f"Type :source DIR, and how it takes the traffic if that is to be otherwise: {', '.join(STRATEGIES)}."


def deploy_from_source(screen: MainScreen, typed: str) -> None:
    """`DIR`, or `DIR STRATEGY`; what is said of neither is as the configuration says."""
    key = screen.services.cursor
    directory, strategy = parse_source(typed)
    if key is None or not directory:
        screen.say(USAGE)
        return
    base = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else DeployOptions()
    wish = replace(base, strategy=strategy) if strategy else base
    screen.say(f"Checking {directory}, and running its tests…")
    screen.run_worker(_pack(screen, key, directory, wish), group="source", exclusive=True)


def parse_source(typed: str) -> tuple[str, Strategy | None]:
    """The directory, which may have blanks in its name, and the strategy if the last word is one."""
    directory, _, last = typed.strip().rpartition(" ")
    if directory and last in STRATEGIES:
        return directory.strip(), Strategy(last)
    return typed.strip(), None


async def _pack(screen: MainScreen, key: ServiceKey, directory: str, wish: DeployOptions) -> None:
    packed = await screen.session.changes.pack(key, directory)
    if isinstance(packed, SourceRefusal):
        _show_trouble(screen, packed)
        return
    screen.say("; ".join(packed.passed_checks))
    show_plan(screen, key, SourceRequest(wish, packed))


def _show_trouble(screen: MainScreen, trouble: SourceRefusal) -> None:
    screen.say(f"Nothing was uploaded: {trouble.sentence}.")
    if trouble.lines:
        from cfconsole.ui.actions.view import read_text

        read_text(screen, "Nothing was uploaded", "\n".join((f"{trouble.sentence}.", "", *trouble.lines)))
