"""The team's release history in the log `cf-deployments`, one entry for each reported state.

It is written for people and read for display only: no change to a service depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.api import monitored_resource_pb2
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry, WriteLogEntriesRequest
from google.logging.type import log_severity_pb2

from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.team import TeamRelease, newest_of_each, team_release
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.protos.messages import Proto, moment
from cfconsole.gcp.releases.history_entries import payload_of, release_in

LOG = "cf-deployments"
PAGE = 1000
MAX_PAGES = 3
"""A page of a thousand entries holds about three hundred releases."""

_WARNING = log_severity_pb2.WARNING
_NOTICE = log_severity_pb2.NOTICE
_FAILURES = frozenset({ReleaseState.FAILED, ReleaseState.ROLLED_BACK, ReleaseState.INTERRUPTED, ReleaseState.UNKNOWN})


class CloudHistory:
    """The history port of a real or emulated Google Cloud."""

    def __init__(self, clients: Clients, limits: RateLimits, scrub: Scrubber) -> None:
        self._client = clients.logging
        self._caller = ApiCaller("Cloud Logging", scrub)
        self._lanes = Lanes(limits.history_read)
        self._scrub = scrub

    async def write(self, release: Release) -> None:
        """Writes an entry about the state of a release (Cloud Logging v2 `WriteLogEntries`). Raises `CloudError`.

        A state that is written twice is stored once, because both entries have the same time and id.
        """
        announced_at = release.ended_at or (release.events[-1].at if release.events else release.started_at)
        request = WriteLogEntriesRequest(entries=[entry_of(team_release(release, announced_at))])
        await self._caller.call(
            lambda: self._client.write_log_entries(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
        )

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        """Each release since `since` in its newest reported state, newest release first. Raises `CloudError`."""
        request = ListLogEntriesRequest(
            resource_names=[f"projects/{project}"],
            filter=f'logName="projects/{project}/logs/{LOG}" AND timestamp>="{since.isoformat()}"',
            order_by="timestamp desc",
            page_size=PAGE,
        )
        releases: list[TeamRelease] = []
        for _ in range(MAX_PAGES):
            answer: Any = await self._caller.call(
                lambda: self._client.list_log_entries(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S),
                self._lanes.lane(project),
            )
            read = (self._release_in(project, entry) for entry in answer.entries.pb)
            releases.extend(filter(None, read))
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        return newest_of_each(tuple(releases))

    def _release_in(self, project: str, entry: Proto) -> TeamRelease | None:
        announced_at = moment(entry, "timestamp") or datetime.fromtimestamp(0, UTC)
        return release_in(entry.json_payload, project, announced_at, self._scrub)


def entry_of(release: TeamRelease) -> LogEntry:
    """The log entry of a release in its state, with labels to search by.

    Its resource is `global`: as an entry of the service it would count among the service's own logs.
    """
    service = release.service
    labels: Mapping[str, str] = {
        "release": release.id,
        "kind": release.kind,
        "state": release.state,
        "region": service.region,
        "service": service.name,
    }
    entry = LogEntry(
        log_name=f"projects/{service.project}/logs/{LOG}",
        resource=monitored_resource_pb2.MonitoredResource(type="global", labels={"project_id": service.project}),
        severity=_WARNING if release.state in _FAILURES else _NOTICE,
        timestamp=release.announced_at,
        insert_id=f"{release.id}-{release.state}",
        labels=labels,
    )
    LogEntry.pb(entry).json_payload.update(payload_of(release))
    return entry
