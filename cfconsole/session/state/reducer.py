"""How an update changes the state. Pure: parts that an update does not change stay the same objects.

A service that could not be read stays: only a read that covered its region can show that it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, TypeVar, assert_never

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, ServiceKey, Unreachable
from cfconsole.domain.health.alerts import Alert, AlertSource
from cfconsole.domain.releases.model import Release, as_interrupted
from cfconsole.session.state.console_state import ConsoleState, Feed, FeedStatus
from cfconsole.session.state.updates import (
    AlertsArrived,
    FeedFailed,
    FeedRead,
    IntentNotRecorded,
    JournalRead,
    LocalAlertsRaised,
    LogStatusChanged,
    MetricsArrived,
    ReleaseChanged,
    ReleaseProgressed,
    RevisionsArrived,
    Selected,
    ServiceChanged,
    ServicesArrived,
    SuspectsFound,
    TeamReleasesRead,
    Update,
)

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

STALE_AFTER_S = {Feed.SERVICES: 20.0, Feed.REVISIONS: 40.0, Feed.METRICS: 150.0, Feed.ALERTS: 40.0, Feed.LOGS: 10.0}
"""The age from which data count as stale: a few missed reads of the feed."""

_FLOWING_MODES = ("live", "polling")

K = TypeVar("K")
V = TypeVar("V")


def reduce(state: ConsoleState, update: Update) -> ConsoleState:
    """The state after `update`; the same object if nothing changed."""
    changed = _changed(state, update)
    return state if changed is state else replace(changed, version=state.version + 1)


def _changed(state: ConsoleState, update: Update) -> ConsoleState:
    match update:
        case ServicesArrived() | ServiceChanged() | RevisionsArrived():
            return _with_services(state, update)
        case MetricsArrived() | AlertsArrived() | LocalAlertsRaised() | SuspectsFound():
            return _with_health(state, update)
        case FeedRead(at, feed):
            return _with_feed(state, feed, _fresh(feed, at))
        case FeedFailed(feed, error):
            status = state.feeds.get(feed, _fresh(feed, None))
            return _with_feed(state, feed, replace(status, error=error))
        case LogStatusChanged():
            return _with_logs(state, update)
        case ReleaseChanged() | ReleaseProgressed() | JournalRead():
            return _with_releases(state, update)
        case IntentNotRecorded(release_id, continued):
            return replace(state, unrecorded={**state.unrecorded, release_id: continued})
        case TeamReleasesRead(releases):
            return state if releases == state.team else replace(state, team=releases)
        case Selected(keys):
            return state if keys == state.selected else replace(state, selected=keys)
        case _:
            assert_never(update)


def _with_releases(state: ConsoleState, update: ReleaseChanged | ReleaseProgressed | JournalRead) -> ConsoleState:
    match update:
        case ReleaseChanged(release):
            moved = replace(state, releases=merge_releases(state.releases, (release,)))
            return moved if release.open else _with_progress_by_id(moved, _without_release(moved.progress, release.id))
        case ReleaseProgressed(release_id, progress):
            return _with_progress_by_id(state, {**state.progress, release_id: progress})
        case JournalRead():
            return _with_journal(state, update)
        case _:
            assert_never(update)


def _with_journal(state: ConsoleState, update: JournalRead) -> ConsoleState:
    read = tuple(one if one.id in update.claimed else as_interrupted(one) for one in update.releases)
    known = {release.id: release for release in state.releases}
    newer = tuple(one for one in read if not _knows_more(known.get(one.id), one))
    releases = merge_releases(state.releases, newer)
    state = state if releases == state.releases else replace(state, releases=releases)
    under_way = {release.id for release in releases if release.open}
    progress_by_id = {key: progress for key, progress in state.progress.items() if key in under_way}
    for key, progress in update.progress.items():
        if key in under_way and (key not in progress_by_id or progress_by_id[key].at < progress.at):
            progress_by_id[key] = progress
    return _with_progress_by_id(state, progress_by_id)


def _knows_more(known: Release | None, read: Release) -> bool:
    """Whether this process knows more about a release than the journal, as it does while it carries it out."""
    return known is not None and (known.ended_at is not None, len(known.events)) > (
        read.ended_at is not None,
        len(read.events),
    )


def _with_progress_by_id(state: ConsoleState, progress_by_id: Mapping[str, ReleaseProgress]) -> ConsoleState:
    return state if progress_by_id == state.progress else replace(state, progress=progress_by_id)


def _without_release(progress_by_id: Mapping[str, ReleaseProgress], release_id: str) -> Mapping[str, ReleaseProgress]:
    return {key: progress for key, progress in progress_by_id.items() if key != release_id}


def _with_services(state: ConsoleState, update: ServicesArrived | ServiceChanged | RevisionsArrived) -> ConsoleState:
    match update:
        case ServicesArrived():
            return _with_fleet(state, update)
        case ServiceChanged(_, service):
            service = _known_or_read(state.services.get(service.key), service)
            return replace(state, services=with_item(state.services, service.key, service))
        case RevisionsArrived(at, key, revisions):
            if state.revisions.get(key) != revisions:
                state = replace(state, revisions={**state.revisions, key: revisions})
            return _with_feed(state, Feed.REVISIONS, _fresh(Feed.REVISIONS, at))
        case _:
            assert_never(update)


def _with_health(
    state: ConsoleState, update: MetricsArrived | AlertsArrived | LocalAlertsRaised | SuspectsFound
) -> ConsoleState:
    match update:
        case MetricsArrived(at, read):
            metrics = {**state.metrics, **read.services}
            return _with_feed(replace(state, metrics=metrics), Feed.METRICS, _fresh(Feed.METRICS, at))
        case AlertsArrived(at, alerts):
            own = tuple(alert for alert in state.alerts if alert.source is AlertSource.LOCAL)
            return _with_feed(_with_alerts(state, alerts + own), Feed.ALERTS, _fresh(Feed.ALERTS, at))
        case LocalAlertsRaised(alerts):
            return _with_alerts(state, tuple(a for a in state.alerts if a.source is not AlertSource.LOCAL) + alerts)
        case SuspectsFound(suspects):
            return state if suspects == state.suspects else replace(state, suspects=suspects)
        case _:
            assert_never(update)


def _with_fleet(state: ConsoleState, update: ServicesArrived) -> ConsoleState:
    read_before = state.feeds.get(Feed.SERVICES, FeedStatus()).read_at
    services: dict[ServiceKey, Service] = {}
    for key, service in state.services.items():
        if any(covers(place, key) for place in update.unreachable):
            services[key] = _confirmed(service, state.unreachable, read_before)
        elif update.covered is not None and (key.project, key.region) not in update.covered:
            services[key] = service
    for service in update.services:
        services[service.key] = _known_or_read(state.services.get(service.key), service)
    state = replace(
        state,
        services=_same(state.services, services),
        revisions=_only(state.revisions, services),
        metrics=_only(state.metrics, services),
        unreachable=state.unreachable if state.unreachable == update.unreachable else update.unreachable,
    )
    return _with_feed(state, Feed.SERVICES, replace(_fresh(Feed.SERVICES, update.at), cached=update.cached))


def covers(place: Unreachable, key: ServiceKey) -> bool:
    """Whether a place that could not be read, a region, a location path or a project, is where `key` lives."""
    name = place.place.rstrip("/")
    here = f"projects/{key.project}/locations/{key.region}"
    return name in (key.region, f"projects/{key.project}", key.project, here, f"{key.project}/{key.region}")


def _confirmed(service: Service, unreachable_before: tuple[Unreachable, ...], at: datetime | None) -> Service:
    """The service of a place that just became unreachable, with the time it was last read."""
    if at is None or any(covers(place, service.key) for place in unreachable_before):
        return service
    return replace(service, read_at=at)


def _known_or_read(known: Service | None, read: Service) -> Service:
    """The known object if only the time of reading changed; a function facet that was not read this time stays."""
    if known is None:
        return read
    if read.function is None and known.function is not None:
        read = replace(read, function=known.function, kind=known.kind)
    return known if replace(read, read_at=known.read_at) == known else read


def _with_alerts(state: ConsoleState, alerts: tuple[Alert, ...]) -> ConsoleState:
    return state if alerts == state.alerts else replace(state, alerts=alerts)


def _with_logs(state: ConsoleState, update: LogStatusChanged) -> ConsoleState:
    """A silent log is not stale: it ages only from the moment its stream stops."""
    flowed = state.logs.mode in _FLOWING_MODES
    state = replace(state, logs=update.status, reads_per_minute=update.reads_per_minute)
    fresh = _fresh(Feed.LOGS, update.at)
    if update.status.mode in _FLOWING_MODES:
        return _with_feed(state, Feed.LOGS, replace(fresh, stale_after_s=inf))
    return _with_feed(state, Feed.LOGS, fresh) if flowed else state


def _with_feed(state: ConsoleState, feed: Feed, status: FeedStatus) -> ConsoleState:
    return replace(state, feeds=with_item(state.feeds, feed, status))


def _fresh(feed: Feed, at: datetime | None) -> FeedStatus:
    return FeedStatus(read_at=at, stale_after_s=STALE_AFTER_S[feed])


def merge_releases(older: tuple[Release, ...], newer: tuple[Release, ...]) -> tuple[Release, ...]:
    """One release of each id, preferring `newer`; newest first."""
    by_id = {release.id: release for release in (*older, *newer)}
    return tuple(sorted(by_id.values(), key=lambda release: (release.started_at, release.id), reverse=True))


def with_item(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return mapping if mapping.get(key) is value else {**mapping, key: value}


def _only(mapping: Mapping[K, V], keys: Mapping[K, object]) -> Mapping[K, V]:
    return mapping if all(key in keys for key in mapping) else {k: v for k, v in mapping.items() if k in keys}


def _same(known: Mapping[K, V], built: dict[K, V]) -> Mapping[K, V]:
    """`known` if `built` holds the very same objects."""
    same = len(known) == len(built) and all(known.get(key) is value for key, value in built.items())
    return known if same else built
