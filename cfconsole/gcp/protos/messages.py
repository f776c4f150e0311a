"""Fields of raw protobuf messages, and resource names: `projects/P/locations/R/services/NAME` to keys and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cfconsole.domain.fleet.services import ServiceKey

Proto = Any
"""A raw protobuf message, as `Type.pb(wrapped)` returns it; its class is created at run time.

Raw messages convert about ten times faster than their wrappers.
"""


def moment(message: Proto, field: str) -> datetime | None:
    """A timestamp field; `None` while unset."""
    if not message.HasField(field):
        return None
    at: datetime = getattr(message, field).ToDatetime(UTC)
    return at


def enum_name(message: Proto, field: str) -> str:
    """The name of an enum field's value, or its number where this version does not know the name."""
    number = getattr(message, field)
    value = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(number)
    return value.name if value else str(number)


def last_part(resource_name: str) -> str:
    """The short name, which follows the last slash."""
    return resource_name.rpartition("/")[2]


def service_key(resource_name: str) -> ServiceKey | None:
    """The service that a resource name denotes or belongs to; `None` for other names."""
    parts = resource_name.split("/")
    if len(parts) < 6 or (parts[0], parts[2], parts[4]) != ("projects", "locations", "services"):
        return None
    return ServiceKey(parts[1], parts[3], parts[5])


def location_path(project: str, region: str) -> str:
    return f"projects/{project}/locations/{region}"


def region_of(path: str) -> str:
    """The region in the name of a location; the name itself where it contains none."""
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[2] == "locations" else path
