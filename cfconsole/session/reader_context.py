"""The context that all readers of one console share."""

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
    """The settings, state and clock of one console, and how to wake its watchers."""

    settings: SessionSettings
    store: StateStore
    view: LogView
    clock: ClockPort
    gate: CredentialsGate
    wake: Callable[[str, ServiceKey | None], None]
    """Makes the named watcher read now; the second argument is the service that changed, if any."""
    jitter: Callable[[], float]
