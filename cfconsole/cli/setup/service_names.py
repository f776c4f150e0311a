"""Resolves SERVICE, REGION/NAME and PROJECT/REGION/NAME of the command line to services. It never guesses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.setup.scope import Scope, read_services
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import ServiceKey, Unreachable
from cfconsole.domain.releases.model import Refusal, RefusalReason
from cfconsole.session.ports import Cloud

CLOSE_MATCHES = 3
_WORD = re.compile(r"[\w.:-]{1,100}", re.ASCII)
"""What may name a service, a region or a project."""


class ServiceReference(NamedTuple):
    """A service as written on the command line. Project and region are empty if left out."""

    project: str
    region: str
    name: str

    def __str__(self) -> str:
        return "/".join(filter(None, self))

    def fits(self, key: ServiceKey) -> bool:
        return key.name == self.name and self.region in ("", key.region) and self.project in ("", key.project)


class FoundServices(NamedTuple):
    """The named services, each once, with warnings about the search."""

    keys: tuple[ServiceKey, ...]
    warnings: tuple[str, ...] = ()


def parse_name(text: str, scope: Scope) -> ServiceReference:
    """Raises `Stop` (usage) for an invalid name, and for a place outside the command's scope."""
    parts = text.split("/")
    if len(parts) > 3 or not all(map(_WORD.fullmatch, parts)):
        raise Stop(f"{_short(text)} is not a service name; use NAME, REGION/NAME or PROJECT/REGION/NAME.", Exit.USAGE)
    reference = ServiceReference(*[""] * (3 - len(parts)), *parts)
    # Guards belong to a context: they must not be applied to services of another one.
    if reference.project and reference.project not in scope.projects:
        known = ", ".join(scope.projects)
        raise Stop(f"{text} is not in {known}; add --project {reference.project}.", Exit.USAGE)
    if reference.region and scope.regions and reference.region not in scope.regions:
        known = ", ".join(scope.regions)
        raise Stop(f"{text} is not in {known}; add --region {reference.region}.", Exit.USAGE)
    return reference


def resolve(reference: ServiceReference, read: ServicesRead) -> ServiceKey | Refusal:
    """The one service of that name among those read, or why there is none."""
    keys = [service.key for service in read.services]
    matches = [key for key in keys if reference.fits(key)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        candidates = tuple(_shortest_names(matches))
        sentence = f"{reference} is ambiguous; name one of {', '.join(candidates)}."
        return Refusal(RefusalReason.AMBIGUOUS, sentence, candidates)
    return _unknown(reference, keys, read.unreachable)


async def find_services(cloud: Cloud, scope: Scope, names: Sequence[str]) -> FoundServices:
    """Finds the named services, reading no more than needed. Raises `CloudError`, and `Stop` for the first bad name."""
    references = tuple(parse_name(name, scope) for name in names)
    read = await read_services(cloud, _projects(references, scope), _regions(references, scope))
    keys = tuple(_key_or_stop(resolve(each, read)) for each in references)
    unread = ", ".join(place.place for place in read.unreachable)
    warnings = (f"{unread} could not be read and may hold services of the same name.",)
    return FoundServices(
        tuple(dict.fromkeys(keys)), warnings if unread and not all(a.region for a in references) else ()
    )


def _short(text: str) -> str:
    """The text as written, shortened, with control characters escaped."""
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _key_or_stop(found: ServiceKey | Refusal) -> ServiceKey:
    if isinstance(found, ServiceKey):
        return found
    codes = {RefusalReason.AMBIGUOUS: Exit.REFUSED, RefusalReason.NOT_FOUND: Exit.USAGE}
    raise Stop(found.sentence, codes.get(found.reason, Exit.FAILED))


def _projects(references: Sequence[ServiceReference], scope: Scope) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(each.project for each in references))
    return scope.projects if "" in named else named


def _regions(references: Sequence[ServiceReference], scope: Scope) -> tuple[str, ...]:
    """Empty: every region."""
    named = tuple(dict.fromkeys(each.region for each in references))
    return scope.regions if "" in named else named


def _shortest_names(keys: Sequence[ServiceKey]) -> Iterable[str]:
    regions = [key.region for key in keys]
    for key in keys:
        yield f"{key.region}/{key.name}" if regions.count(key.region) == 1 else str(key)


def _unknown(reference: ServiceReference, keys: Sequence[ServiceKey], unreachable: Sequence[Unreachable]) -> Refusal:
    close = difflib.get_close_matches(reference.name, {key.name for key in keys}, n=CLOSE_MATCHES)
    candidates = tuple(f"{key.region}/{key.name}" for name in close for key in keys if key.name == name)
    hint = f"; did you mean {' or '.join(candidates)}?" if candidates else "; `cfconsole services` lists all."
    if unreachable:
        places = ", ".join(place.place for place in unreachable)
        sentence = f"{reference} was not found, but {places} could not be read: {unreachable[0].sentence}"
        return Refusal(RefusalReason.UNREADABLE, sentence, candidates)
    return Refusal(RefusalReason.NOT_FOUND, f"There is no service {reference}{hint}", candidates)
