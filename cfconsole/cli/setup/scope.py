"""The projects, regions and guards of a command: options, then context, then environment; and its services."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import GlobalOptions
from cfconsole.config import Config, Context
from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.session.headless import read_fleet
from cfconsole.session.ports import Cloud
from cfconsole.session.watch.concurrent_calls import gather_outcomes

EMULATOR_HOST = "CFCONSOLE_EMULATOR_HOST"
EMULATOR_HTTP = "CFCONSOLE_EMULATOR_HTTP"


class Emulator(Struct, frozen=True):
    """Where a local emulator listens, as HOST:PORT."""

    grpc: str
    http: str = ""


class Scope(Struct, frozen=True):
    """What a command may see and change."""

    projects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Empty: every region."""
    context: str = ""
    colour: str = ""
    read_only: bool = False
    guards: Mapping[ReleaseKind, GuardLevel] = {}
    """The context's guards. Kinds that it leaves out have the defaults of a project without a context."""
    emulator: Emulator | None = None

    @property
    def cache_key(self) -> str:
        """The key of cached states: the state of an emulator is never shown for the real cloud."""
        place = "emulator" if self.emulator else "cloud"
        return "+".join((place, *self.projects, *self.regions))


def emulator_of(environment: Mapping[str, str]) -> Emulator | None:
    """The emulator that the environment names, like Google's `*_EMULATOR_HOST`."""
    address = environment.get(EMULATOR_HOST, "")
    if not address:
        return None
    port = address.rpartition(":")[2]
    if not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
        raise Stop(f"{EMULATOR_HOST} is {address!r}; write it as HOST:PORT.", Exit.USAGE)
    return Emulator(address, environment.get(EMULATOR_HTTP, ""))


def scope_of(options: GlobalOptions, config: Config, environment: Mapping[str, str], home: Path) -> Scope:
    """Resolves the scope. It may have no project; the caller decides whether that is an error. Raises `Stop`."""
    emulator = emulator_of(environment)
    name = options.context or ("" if options.projects else config.default_context)
    context = _context(name, config)
    if context and emulator and not context.emulator:
        raise Stop(
            f"The context {name!r} is not marked `emulator = true`, and {EMULATOR_HOST} points to an emulator. "
            f"Unset {EMULATOR_HOST}, or choose another context.",
            Exit.USAGE,
        )
    stranger = next((project for project in options.projects if context and project not in context.projects), "")
    if stranger:
        raise Stop(
            f"The context {name!r} does not contain project {stranger!r}, so its guards do not apply. "
            "Use either --context or --project.",
            Exit.USAGE,
        )
    if context is None:
        projects = options.projects or _ambient_project(environment, home)
        return Scope(projects, options.regions, read_only=options.read_only, emulator=emulator)
    return Scope(
        projects=options.projects or context.projects,
        regions=options.regions or context.regions,
        context=name,
        colour=context.colour,
        read_only=options.read_only or context.read_only,
        guards=context.guards,
        emulator=emulator,
    )


def needed_projects(scope: Scope) -> Scope:
    """The same scope. Raises `Stop` where no project is known."""
    if not scope.projects:
        raise Stop(
            "No project given. Use --project, set GOOGLE_CLOUD_PROJECT, choose a --context, "
            "or run `gcloud config set project PROJECT`.",
            Exit.USAGE,
        )
    return scope


def _context(name: str, config: Config) -> Context | None:
    if not name:
        return None
    if name not in config.contexts:
        known = ", ".join(sorted(config.contexts))
        hint = f"known: {known}" if known else "the configuration defines none, so leave --context out"
        raise Stop(f"Unknown context {name!r}; {hint}.", Exit.USAGE)
    return config.contexts[name]


def _ambient_project(environment: Mapping[str, str], home: Path) -> tuple[str, ...]:
    for variable in ("GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"):
        if environment.get(variable):
            return (environment[variable],)
    project = _gcloud_project(Path(environment.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud"), environment)
    return (project,) if project else ()


def _gcloud_project(folder: Path, environment: Mapping[str, str]) -> str:
    """The project of gcloud's active configuration, read from its files; empty where there is none."""
    import configparser

    active = folder / "active_config"
    name = environment.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (active.read_text().strip() if active.is_file() else "")
    file = folder / "configurations" / f"config_{name or 'default'}"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file)
    except configparser.Error:
        raise Stop(f"{file} can't be read; name the project with --project.", Exit.USAGE) from None
    return parser.get("core", "project", fallback="")


MAX_LISTED = 8


async def read_services(cloud: Cloud, projects: Sequence[str], regions: Sequence[str]) -> ServicesRead:
    """As `read_fleet`. Raises `Stop` (usage) for a region that has no services and that no project lists."""

    try:
        read = await read_fleet(cloud, projects, regions)
    except CloudError:
        await _check_regions(cloud, projects, regions)
        raise
    used = {service.key.region for service in read.services}
    await _check_regions(cloud, projects, [region for region in regions if region not in used])
    return read


async def _check_regions(cloud: Cloud, projects: Sequence[str], empty: Sequence[str]) -> None:
    if not empty:
        return

    answers = await gather_outcomes(cloud.services.regions(project) for project in projects)
    if any(isinstance(answer, CloudError) for answer in answers):
        # Without the list of regions none can be called unknown.
        return
    known = {region for answer in answers if not isinstance(answer, CloudError) for region in answer}
    for region in empty:
        if region not in known:
            raise Stop(f"Unknown region {region[:80]!r}; {_hint(region, known)}", Exit.USAGE)


def _hint(region: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(region, known, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    names = sorted(known)
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"there are {', '.join(names[:MAX_LISTED])}{more}."
