"""What every release needs: its ports and its listener, for a single write and for steps alike."""

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
"""Names and values of variables, in memory only."""


class ReleasePorts(Struct, frozen=True):
    """The ports that a release is carried out with."""

    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort
    requests: RequestLog
    runners: RunnersPort | None = None
    """Start a process for each release in steps; `None`: this process carries it out."""


class ReleaseListener(msgspec.Struct, frozen=True):
    """The callbacks of a release under way, and whether an operator watches it."""

    on_release: Callable[[Release], None] = lambda release: None
    """The release has another state, event or outcome."""
    on_progress: Callable[[str, ReleaseProgress], None] = lambda release_id, progress: None
    """A release in steps was observed."""
    on_service: Callable[[Service], None] = lambda service: None
    """The service was read."""
    on_answer: Callable[[str], None] = lambda release_id: None
    """The first write of the release was answered, or none will be sent. May be called more than once."""
    is_attended: Callable[[], bool] = lambda: False
    """Whether an operator watches the release and can be asked."""
