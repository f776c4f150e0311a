"""What everything that reads a cloud works with."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import ClockPort
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state.store import StateStore
from cfconsole.session.watch.supervisor import CredentialsGate


class ReaderContext(Struct, frozen=True):
    """One console's settings and state, its time, and whom to tell."""

    settings: SessionSettings
    store: StateStore
    view: LogView
    clock: ClockPort
    gate: CredentialsGate
    wake: Callable[[str, ServiceKey | None], None]
    """Called with a watcher's name and the service it is about, if any."""
    jitter: Callable[[], float]
