"""What is worth keeping between two runs of the console."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cfconsole.domain.services import Service


class Cached(NamedTuple):
    """The last known fleet, with the moment it was true."""

    saved_at: datetime
    services: tuple[Service, ...]
    regions: tuple[str, ...]
