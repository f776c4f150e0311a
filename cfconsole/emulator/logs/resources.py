"""The resource names of Cloud Logging requests: `projects/P`, or a view of one of its log buckets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cfconsole.emulator.errors import invalid_argument

_RESOURCE = re.compile(
    r"((?:projects|organizations|folders|billingAccounts)/[^/]+)(/locations/[^/]+/buckets/[^/]+/views/[^/]+)?"
)
LOG_NAME = re.compile(r"(?:projects|organizations|folders|billingAccounts)/[^/]+/logs/[^/]+")


def projects_of(names: Iterable[str]) -> frozenset[str]:
    """The owners of the named resources. Raises `ApiError` (INVALID_ARGUMENT) for no name or a malformed one."""
    matches = [(name, _RESOURCE.fullmatch(name)) for name in names]
    for name, match in matches:
        if match is None:
            raise invalid_argument(f"Resource name {name!r} is not valid; write it like projects/PROJECT_ID.")
    if not matches:
        raise invalid_argument("resource_names must name at least one resource, such as projects/PROJECT_ID.")
    return frozenset(match.group(1) for _, match in matches if match)
