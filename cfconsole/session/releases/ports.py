"""What carrying out a release needs, and who listens to it: the same for a single write and for steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Release
from cfconsole.session.ports import ClockPort, Cloud, RunnersPort, SharedJournalPort
from cfconsole.session.releases.evidence.request_log import RequestLog

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

VariableValues = tuple[tuple[str, str], ...]
"""Names and values of variables; in memory only."""


class ReleasePorts(Struct, frozen=True):
    """What carrying out a release needs besides its record."""

    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort
    requests: RequestLog
    runners: RunnersPort | None = None
    """Start processes of their own for releases in steps; `None`: they are carried out in this process."""


class ReleaseListener(msgspec.Struct, frozen=True):
    """What is called with each change of a release under way, and who can be asked about it."""

    on_release: Callable[[Release], None] = lambda release: None
    """The release has another state, event or outcome."""
    on_progress: Callable[[str, ReleaseProgress], None] = lambda release_id, progress: None
    """The last look at a release in steps, by its id."""
    on_service: Callable[[Service], None] = lambda service: None
    """A fresh read of the service."""
    on_answer: Callable[[str], None] = lambda release_id: None
    """The first write of this release was answered, or none will be sent. May be called more than once."""
    is_attended: Callable[[], bool] = lambda: False
    """Whether somebody watches who can be asked."""
