"""Finds suspects and the console's own alerts whenever metrics or splits change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.health.alerts import Alert, Thresholds
from cfconsole.domain.health.local_alerts import local_alerts
from cfconsole.domain.health.suspects import find_suspects
from cfconsole.session.ports import ClockPort
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import LocalAlertsRaised, SuspectsFound


class HealthEvaluator:
    """Remembers since when each revision has had its share, if its change was observed."""

    def __init__(self, store: StateStore, clock: ClockPort, thresholds: Thresholds) -> None:
        self._store = store
        self._clock = clock
        self._thresholds = thresholds
        self._seen: Mapping[ServiceKey, Service] = {}
        self._took_traffic_at: dict[ServiceKey, dict[str, datetime]] = {}
        self._evaluated: tuple[object, object] = (None, None)
        """The metrics and revisions of the last search for suspects."""

    def evaluate(self) -> None:
        """Evaluates the current state."""
        state, now = self._store.state, self._clock.now()
        moved = self._observe(state.services, now)
        if moved or self._evaluated[0] is not state.metrics or self._evaluated[1] != state.revisions:
            # With two thousand services the search takes 0.1 s, and most reads bring nothing new.
            self._evaluated = (state.metrics, state.revisions)
            self._store.post(
                SuspectsFound(find_suspects(state.services, state.revisions, state.metrics, self._took_traffic_at))
            )
        suspects = self._store.state.suspects
        alerts = local_alerts(state.services, state.metrics, self._thresholds, now, state.alerts, suspects)
        self._store.post(LocalAlertsRaised(alerts))

    def with_suspects(self, alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
        """The cloud's alerts with the suspect of their service."""
        suspects = self._store.state.suspects
        return tuple(
            replace(alert, suspect=suspects.get(alert.service)) if alert.service else alert for alert in alerts
        )

    def _observe(self, services: Mapping[ServiceKey, Service], now: datetime) -> bool:
        """Whether any service appeared, disappeared or changed."""
        moved = len(services) != len(self._seen)
        for key, service in services.items():
            before = self._seen.get(key)
            if before is None:
                moved = True
                continue
            if before is service or replace(before, read_at=service.read_at) == service:
                continue
            moved = True
            shares = {share.revision: share.percent for share in before.serving}
            for share in service.serving:
                if shares.get(share.revision) != share.percent:
                    self._took_traffic_at.setdefault(key, {})[share.revision] = service.updated_at or now
        self._seen = services
        return moved
