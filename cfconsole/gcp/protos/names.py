"""Resource names: `projects/P/locations/R/services/NAME` to keys and back."""

from __future__ import annotations

from cfconsole.domain.fleet.services import ServiceKey


def service_key(resource_name: str) -> ServiceKey | None:
    """The service a name stands for or lies under; `None` for names of another shape."""
    parts = resource_name.split("/")
    if len(parts) < 6 or (parts[0], parts[2], parts[4]) != ("projects", "locations", "services"):
        return None
    return ServiceKey(parts[1], parts[3], parts[5])


def location_path(project: str, region: str) -> str:
    return f"projects/{project}/locations/{region}"


def region_of(path: str) -> str:
    """The region in a location's name; the name itself where it holds none."""
    parts = path.split("/")
    return parts[3] if len(parts) > 3 and parts[2] == "locations" else path
