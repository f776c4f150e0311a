"""All that is not services, loaded in a worker thread at its first use: the services are on screen sooner."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.alerts import Alert
from cfconsole.domain.logs import LogPage, TailBatch
from cfconsole.domain.metrics import MetricsRead
from cfconsole.domain.reads import Written
from cfconsole.domain.releases import Release
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.clients import Clients
from cfconsole.gcp.credentials import Tokens
from cfconsole.gcp.options import GcpOptions

if TYPE_CHECKING:
    from cfconsole.domain.function_deploys import BuildState, FunctionDeploy, UploadedSource
    from cfconsole.domain.services import ServiceKey
    from cfconsole.domain.team_releases import TeamRelease
    from cfconsole.gcp.alerts import CloudAlerts, Fetch
    from cfconsole.gcp.function_writes import CloudFunctions, Put
    from cfconsole.gcp.history import CloudHistory
    from cfconsole.gcp.logs import CloudLogs
    from cfconsole.gcp.metrics import CloudMetrics

_MODULES = (
    "cfconsole.gcp.logs",
    "cfconsole.gcp.metrics",
    "cfconsole.gcp.policies",
    "cfconsole.gcp.alerts",
    "cfconsole.gcp.history",
    "cfconsole.gcp.function_writes",
)


class _Loaded(NamedTuple):
    metrics: CloudMetrics
    alerts: CloudAlerts
    logs: CloudLogs
    history: CloudHistory
    functions: CloudFunctions


class Loading:
    """Loads once, whoever asks first; the event loop goes on meanwhile."""

    def __init__(
        self,
        options: GcpOptions,
        clients: Clients,
        tokens: Tokens,
        fetch: Fetch,
        scrub: Scrubber,
        load: Callable[[], None],
        put: Put,
    ) -> None:
        self._options = options
        self._clients = clients
        self._tokens = tokens
        self._fetch = fetch
        self._scrub = scrub
        self._load = load
        self._put = put
        self._turn = asyncio.Lock()
        self._loaded: _Loaded | None = None

    async def done(self) -> _Loaded:
        async with self._turn:
            if self._loaded is None:
                await asyncio.to_thread(self._import)
                self._loaded = self._made()
        return self._loaded

    def _import(self) -> None:
        for name in _MODULES:
            importlib.import_module(name)
        self._load()

    def _made(self) -> _Loaded:
        from cfconsole.gcp.alerts import CloudAlerts
        from cfconsole.gcp.function_writes import CloudFunctions
        from cfconsole.gcp.history import CloudHistory
        from cfconsole.gcp.logs import CloudLogs
        from cfconsole.gcp.metrics import CloudMetrics
        from cfconsole.gcp.policies import Policies

        clients, limits, scrub = self._clients, self._options.limits, self._scrub
        logs = CloudLogs(clients, limits, scrub)
        policies = Policies(clients, limits, scrub)
        alerts = CloudAlerts(self._fetch, self._tokens, self._options.monitoring_url, policies, logs, scrub)
        return _Loaded(
            CloudMetrics(clients, limits, scrub),
            alerts,
            logs,
            CloudHistory(clients, limits, scrub),
            CloudFunctions(clients, limits, scrub, self._put),
        )


class LaterMetrics:
    """The metrics port."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    async def read(self, project: str, *, end: datetime, window_s: float, judged_s: float) -> MetricsRead:
        """See `CloudMetrics.read`."""
        loaded = await self._loading.done()
        return await loaded.metrics.read(project, end=end, window_s=window_s, judged_s=judged_s)


class LaterAlerts:
    """The alerts port."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    async def open_alerts(self, project: str) -> tuple[Alert, ...]:
        """See `CloudAlerts.open_alerts`."""
        return await (await self._loading.done()).alerts.open_alerts(project)


class LaterLogs:
    """The logs port."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        """See `CloudLogs.page`."""
        loaded = await self._loading.done()
        return await loaded.logs.page(project, query, size=size, newest_first=newest_first, page=page)

    @asynccontextmanager
    async def tail(self, project: str, query: str) -> AsyncIterator[AsyncIterator[TailBatch]]:
        """See `CloudLogs.tail`."""
        loaded = await self._loading.done()
        async with loaded.logs.tail(project, query) as batches:
            yield batches


class LaterHistory:
    """The history port."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    async def write(self, release: Release) -> None:
        """See `CloudHistory.write`."""
        await (await self._loading.done()).history.write(release)

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        """See `CloudHistory.read`."""
        return await (await self._loading.done()).history.read(project, since=since)


class LaterFunctions:
    """The functions port."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        """See `CloudFunctions.upload`."""
        return await (await self._loading.done()).functions.upload(project, region, archive)

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> Written:
        """See `CloudFunctions.deploy_function`."""
        return await (await self._loading.done()).functions.deploy_function(deploy, create=create)

    async def build(self, operation: str) -> BuildState:
        """See `CloudFunctions.build`."""
        return await (await self._loading.done()).functions.build(operation)

    async def deployed(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        """See `CloudFunctions.deployed`."""
        return await (await self._loading.done()).functions.deployed(key, source)
