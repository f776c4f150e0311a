"""What carrying out releases needs and whom it tells, be it a single write or a release in steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.services import Service
from cfconsole.session.evidence import RequestLog
from cfconsole.session.ports import ClockPort, Cloud, RunnersPort, SharedJournalPort

if TYPE_CHECKING:
    from cfconsole.domain.release_watch import ReleaseProgress

Values = tuple[tuple[str, str], ...]
"""Names and values of variables; in memory only."""


class ReleasePorts(NamedTuple):
    """What carrying out a release needs besides its record."""

    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort
    requests: RequestLog
    runners: RunnersPort | None = None
    """Start processes of their own for releases in steps; `None`: they are carried out in this process."""


class Watchers(NamedTuple):
    """Who wants to know how a release goes."""

    looked: Callable[[str, ReleaseProgress], None] = lambda release_id, progress: None
    seen: Callable[[Service], None] = lambda service: None
    """Gets each fresh read of the service."""
    sent: Callable[[], None] = lambda: None
    """Called once the first write was answered, or none will be."""
    attended: Callable[[], bool] = lambda: False
    """Whether one of them can be asked."""
