"""Open alerts of Cloud Monitoring, from its REST API or, where that is not available, from its log entries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import quote

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.health.alerts import Alert
from cfconsole.domain.logs.query import VIOLATION_LOGS
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.alerts.policies import Policies
from cfconsole.gcp.alerts.sources import alert_from, open_alerts_from_events
from cfconsole.gcp.connection.credentials import Tokens
from cfconsole.gcp.logs.cloud_logs import CloudLogs

Fetch: TypeAlias = Callable[[str, Mapping[str, str], str], Awaitable[Mapping[str, Any]]]
"""Gets a JSON document by URL, query parameters and access token (empty for none). Raises `CloudError`."""

ALERTS_PER_PAGE = 1000
MAX_PAGES = 5
EVENTS_WITHIN = timedelta(days=1)
MAX_EVENTS = 500

_NOT_AVAILABLE = frozenset(
    {ErrorKind.DENIED, ErrorKind.DISABLED, ErrorKind.UNSUPPORTED, ErrorKind.NOT_FOUND, ErrorKind.INVALID}
)
"""The errors after which log entries are read instead: the REST API is in preview and not offered everywhere."""


class CloudAlerts:
    """The alerts port of a real or emulated Google Cloud."""

    def __init__(
        self,
        fetch: Fetch,
        tokens: Tokens,
        url: str,
        policies: Policies,
        logs: CloudLogs,
        scrub: Scrubber,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._fetch = fetch
        self._tokens = tokens
        self._url = url
        self._policies = policies
        self._logs = logs
        self._scrub = scrub
        self._now = now

    async def open_alerts(self, project: str) -> tuple[Alert, ...]:
        """Newest first. Raises `CloudError` when neither source can be read."""
        try:
            alerts = await self._from_rest(project)
        except CloudError as error:
            if error.kind not in _NOT_AVAILABLE:
                raise
            alerts = await self._from_events(project)
        documented = await self._policies.with_documentation(project, alerts)
        return tuple(sorted(documented, key=lambda alert: (alert.opened_at, alert.id), reverse=True))

    async def _from_rest(self, project: str) -> list[Alert]:
        """Monitoring v3 REST `projects.alerts.list`, state OPEN."""
        found: list[Alert] = []
        params = {"filter": 'state="OPEN"', "orderBy": "open_time desc", "pageSize": str(ALERTS_PER_PAGE)}
        for _ in range(MAX_PAGES):
            token = await self._tokens.token()
            page = await self._fetch(f"{self._url}/v3/projects/{project}/alerts", params, token)
            found.extend(alert_from(project, each, self._scrub) for each in page.get("alerts", ()))
            params["pageToken"] = page.get("nextPageToken", "")
            if not params["pageToken"]:
                break
        return found

    async def _from_events(self, project: str) -> list[Alert]:
        """Alerts from the last day's log entries, whose format is observed and not documented."""
        since = (self._now() - EVENTS_WITHIN).isoformat()
        # The id in a log name is URL-encoded.
        query = f'logName:"{quote(VIOLATION_LOGS, safe="")}" AND timestamp>="{since}"'
        page = await self._logs.page(project, query, size=MAX_EVENTS, newest_first=True)
        return open_alerts_from_events(page.entries)
