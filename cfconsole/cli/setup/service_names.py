"""Owns what SERVICE, REGION/NAME and PROJECT/REGION/NAME mean on the command line. It never guesses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.setup.regions import read_services
from cfconsole.cli.setup.scope import Scope
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import ServiceKey, Unreachable
from cfconsole.domain.releases.model import Refusal, RefusalReason
from cfconsole.session.ports import Cloud

CLOSE_MATCHES = 3
_WORD = re.compile(r"[\w.:-]{1,100}", re.ASCII)
"""A service, region or project, or what may have been meant for one."""


class ServiceReference(NamedTuple):
    """A service as it was written; project and region are empty where they were left out."""

    project: str
    region: str
    name: str

    def __str__(self) -> str:
        return "/".join(filter(None, self))

    def fits(self, key: ServiceKey) -> bool:
        return key.name == self.name and self.region in ("", key.region) and self.project in ("", key.project)


class FoundServices(NamedTuple):
    """The services that were named, each once, and what to know about the search."""

    keys: tuple[ServiceKey, ...]
    warnings: tuple[str, ...] = ()


def parse_name(text: str, scope: Scope) -> ServiceReference:
    """Raises `Stop` (usage) for what is no name, or lies outside of what the command may see."""
    parts = text.split("/")
    if len(parts) > 3 or not all(map(_WORD.fullmatch, parts)):
        raise Stop(f"{_short(text)} is not a service name; use NAME, REGION/NAME or PROJECT/REGION/NAME.", Exit.USAGE)
    asked = ServiceReference(*[""] * (3 - len(parts)), *parts)
    # Guards belong to projects: those of one context must not be used on another's services.
    if asked.project and asked.project not in scope.projects:
        known = ", ".join(scope.projects)
        raise Stop(f"{text} is not in {known}; add --project {asked.project}.", Exit.USAGE)
    if asked.region and scope.regions and asked.region not in scope.regions:
        known = ", ".join(scope.regions)
        raise Stop(f"{text} is not in {known}; add --region {asked.region}.", Exit.USAGE)
    return asked


def resolve(asked: ServiceReference, read: ServicesRead) -> ServiceKey | Refusal:
    """The one service of that name among those read, or why there is none."""
    keys = [service.key for service in read.services]
    matches = [key for key in keys if asked.fits(key)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        candidates = tuple(_shortest_names(matches))
        sentence = f"{asked} is ambiguous; name one of {', '.join(candidates)}."
        return Refusal(RefusalReason.AMBIGUOUS, sentence, candidates)
    return _unknown(asked, keys, read.unreachable)


async def find_services(cloud: Cloud, scope: Scope, names: Sequence[str]) -> FoundServices:
    """Looks the names up in the cloud, no further than needed. Raises `CloudError`, and `Stop` for the first misfit."""
    asked = tuple(parse_name(name, scope) for name in names)
    read = await read_services(cloud, _projects(asked, scope), _regions(asked, scope))
    keys = tuple(_key_or_stop(resolve(each, read)) for each in asked)
    unsure = ", ".join(place.place for place in read.unreachable)
    warnings = (f"{unsure} could not be read and may hold services of the same name.",)
    return FoundServices(tuple(dict.fromkeys(keys)), warnings if unsure and not all(a.region for a in asked) else ())


def _short(text: str) -> str:
    """As it was written, without what a terminal would obey, and short enough for a sentence."""
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _key_or_stop(found: ServiceKey | Refusal) -> ServiceKey:
    if isinstance(found, ServiceKey):
        return found
    codes = {RefusalReason.AMBIGUOUS: Exit.REFUSED, RefusalReason.NOT_FOUND: Exit.USAGE}
    raise Stop(found.sentence, codes.get(found.reason, Exit.FAILED))


def _projects(asked: Sequence[ServiceReference], scope: Scope) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each.project for each in asked))
    return scope.projects if "" in named else named


def _regions(asked: Sequence[ServiceReference], scope: Scope) -> tuple[str, ...]:
    """Empty: every region."""
    named = tuple(dict.fromkeys(each.region for each in asked))
    return scope.regions if "" in named else named


def _shortest_names(keys: Sequence[ServiceKey]) -> Iterable[str]:
    regions = [key.region for key in keys]
    for key in keys:
        yield f"{key.region}/{key.name}" if regions.count(key.region) == 1 else str(key)


def _unknown(asked: ServiceReference, keys: Sequence[ServiceKey], unreachable: Sequence[Unreachable]) -> Refusal:
    close = difflib.get_close_matches(asked.name, {key.name for key in keys}, n=CLOSE_MATCHES)
    candidates = tuple(f"{key.region}/{key.name}" for name in close for key in keys if key.name == name)
    hint = f"; did you mean {' or '.join(candidates)}?" if candidates else "; `cfconsole services` lists all."
    if unreachable:
        places = ", ".join(place.place for place in unreachable)
        sentence = f"{asked} was not found, but {places} could not be read: {unreachable[0].sentence}"
        return Refusal(RefusalReason.UNREADABLE, sentence, candidates)
    return Refusal(RefusalReason.NOT_FOUND, f"There is no service {asked}{hint}", candidates)
