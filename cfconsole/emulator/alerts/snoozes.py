"""Snoozes: periods during which policies open no alerts."""

from __future__ import annotations

import itertools

import grpc
from google.cloud.monitoring_v3.types import Snooze

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.logs.raw import GIGA, nanoseconds

MAX_CLOCK_SKEW = 15 * GIGA
"""In nanoseconds."""
MAX_POLICIES = 16


class Snoozes:
    """The snoozes of all projects (Cloud Monitoring `SnoozeService`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._snoozes: dict[str, Snooze] = {}

    def create(self, project: str, snooze: Snooze) -> Snooze:
        """Stores a snooze under a new name. Raises `ApiError` (INVALID_ARGUMENT)."""
        if not snooze.display_name:
            raise invalid_argument("snooze.display_name must be set.")
        if not 1 <= len(snooze.criteria.policies) <= MAX_POLICIES:
            raise invalid_argument(f"snooze.criteria must name 1 to {MAX_POLICIES} policies.")
        _check_interval(snooze)
        if _starts(snooze) < self._now() - MAX_CLOCK_SKEW:
            raise invalid_argument("snooze.interval.start_time must not be in the past.")
        created = Snooze(snooze)
        created.name = f"projects/{project}/snoozes/{next(self._ids)}"
        self._snoozes[created.name] = created
        return created

    def get(self, name: str) -> Snooze:
        """The snooze of this name. Raises `ApiError` (NOT_FOUND)."""
        try:
            return self._snoozes[name]
        except KeyError:
            raise ApiError(grpc.StatusCode.NOT_FOUND, f"Snooze {name} does not exist.") from None

    def all_of(self, project: str) -> list[Snooze]:
        return [snooze for name, snooze in self._snoozes.items() if name.startswith(f"projects/{project}/")]

    def update(self, changed: Snooze, paths: list[str]) -> Snooze:
        """Changes the fields in the mask; setting an earlier end is the only way to end a snooze. Raises `ApiError`."""
        updated = Snooze(self.get(changed.name))
        for path in paths:
            match path:
                case "display_name":
                    updated.display_name = changed.display_name
                case "interval":
                    updated.interval = changed.interval
                case "interval.start_time":
                    updated.interval.start_time = changed.interval.start_time
                case "interval.end_time":
                    updated.interval.end_time = changed.interval.end_time
                case _:
                    raise invalid_argument(f"update_mask may name display_name and interval, not {path!r}.")
        _check_interval(updated)
        self._snoozes[updated.name] = updated
        return updated

    def silences(self, policy: str) -> bool:
        """Whether an active snooze covers the policy."""
        now = self._now()
        return any(
            policy in snooze.criteria.policies and _starts(snooze) <= now < _ends(snooze)
            for snooze in self._snoozes.values()
        )

    def _now(self) -> int:
        return round(self._clock.now().timestamp() * GIGA)


def _check_interval(snooze: Snooze) -> None:
    if not ("start_time" in snooze.interval and "end_time" in snooze.interval):
        raise invalid_argument("snooze.interval must have a start_time and an end_time.")
    if _ends(snooze) < _starts(snooze):
        raise invalid_argument("snooze.interval.end_time must not be earlier than its start_time.")


def _starts(snooze: Snooze) -> int:
    return nanoseconds(Snooze.pb(snooze).interval.start_time)


def _ends(snooze: Snooze) -> int:
    return nanoseconds(Snooze.pb(snooze).interval.end_time)
