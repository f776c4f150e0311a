"""Resource names: `projects/P/locations/L/services/S/revisions/R` and their parts."""

from __future__ import annotations

import re
from typing import NamedTuple

from cfconsole.emulator.errors import not_implemented

WILDCARD = "-"
_LOCATION = re.compile(r"projects/([^/]+)/locations/([^/]+)")
_SERVICE = re.compile(r"projects/([^/]+)/locations/([^/]+)/services/([^/]+)")
_REVISION = re.compile(r"projects/([^/]+)/locations/([^/]+)/services/([^/]+)/revisions/([^/]+)")
_FUNCTION = re.compile(r"projects/([^/]+)/locations/([^/]+)/functions/([^/]+)")


class Location(NamedTuple):
    """A region of a project."""

    project: str
    region: str

    def __str__(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"


class ServiceName(NamedTuple):
    """A Cloud Run service."""

    project: str
    region: str
    service: str

    @property
    def location(self) -> Location:
        return Location(self.project, self.region)

    def __str__(self) -> str:
        return f"{self.location}/services/{self.service}"


class FunctionName(NamedTuple):
    """A function of Cloud Functions."""

    project: str
    region: str
    function: str

    @property
    def location(self) -> Location:
        return Location(self.project, self.region)

    def __str__(self) -> str:
        return f"{self.location}/functions/{self.function}"


class RevisionName(NamedTuple):
    """A revision of a Cloud Run service."""

    project: str
    region: str
    service: str
    revision: str

    @property
    def parent(self) -> ServiceName:
        return ServiceName(self.project, self.region, self.service)

    def __str__(self) -> str:
        return f"{self.parent}/revisions/{self.revision}"


def parse_location(name: str) -> Location:
    """The location. Raises `ApiError` (UNIMPLEMENTED) for a malformed name, as Google's routing does."""
    return Location(*_parts(_LOCATION, name))


def parse_service(name: str) -> ServiceName:
    """The service. Raises `ApiError` (UNIMPLEMENTED) for a malformed name."""
    return ServiceName(*_parts(_SERVICE, name))


def parse_revision(name: str) -> RevisionName:
    """The revision. Raises `ApiError` (UNIMPLEMENTED) for a malformed name."""
    return RevisionName(*_parts(_REVISION, name))


def parse_function(name: str) -> FunctionName:
    """The function. Raises `ApiError` (UNIMPLEMENTED) for a malformed name."""
    return FunctionName(*_parts(_FUNCTION, name))


def short(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def _parts(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    match = pattern.fullmatch(name)
    if match is None:
        raise not_implemented()
    return match.groups()
