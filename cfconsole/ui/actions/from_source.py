"""Deploys a function from a directory, which is checked first; the screen stays usable in the meantime."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.actions.change import show_plan
from cfconsole.ui.actions.overlays import read_text
from cfconsole.ui.main_screen import MainScreen

STRATEGIES = tuple(strategy.value for strategy in Strategy)
USAGE = f"Usage: :source DIR [STRATEGY], one of {', '.join(STRATEGIES)}."


def deploy_from_source(screen: MainScreen, typed: str) -> None:
    """`DIR`, or `DIR STRATEGY`; all other options come from the configuration."""
    key = screen.services.cursor
    directory, strategy = parse_source(typed)
    if key is None or not directory:
        screen.say(USAGE)
        return
    base = screen.settings.deploy_options(key.name) if screen.settings.deploy_options else DeployOptions()
    options = replace(base, strategy=strategy) if strategy else base
    screen.say(f"Checking {directory} and running its tests…")
    screen.run_worker(_pack(screen, key, directory, options), group="source", exclusive=True)


def parse_source(typed: str) -> tuple[str, Strategy | None]:
    """The directory, whose name may contain blanks, and the strategy if the last word is one."""
    directory, _, last = typed.strip().rpartition(" ")
    if directory and last in STRATEGIES:
        return directory.strip(), Strategy(last)
    return typed.strip(), None


async def _pack(screen: MainScreen, key: ServiceKey, directory: str, options: DeployOptions) -> None:
    packed = await screen.session.changes.pack(key, directory)
    if isinstance(packed, SourceRefusal):
        _show_refusal(screen, packed)
        return
    screen.say("; ".join(packed.passed_checks))
    show_plan(screen, key, SourceRequest(options, packed))


def _show_refusal(screen: MainScreen, refusal: SourceRefusal) -> None:
    screen.say(f"Nothing was uploaded: {refusal.sentence}.")
    if refusal.lines:
        read_text(screen, "Nothing was uploaded", "\n".join((f"{refusal.sentence}.", "", *refusal.lines)))
