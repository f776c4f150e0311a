"""Opens the cloud for the console and for commands: the adapters of `gcp` and `net` behind the session's ports."""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from cfconsole.cli.setup.scope import Emulator
from cfconsole.config import Config

if TYPE_CHECKING:
    from cfconsole.domain.text import Scrubber
    from cfconsole.gcp.connection.clients import GoogleConnection
    from cfconsole.gcp.connection.options import GcpOptions
    from cfconsole.gcp.logs.cloud_logs import CloudLogs
    from cfconsole.net.rest import RestCalls
    from cfconsole.session.ports import (
        AlertsPort,
        Cloud,
        FunctionsPort,
        HistoryPort,
        MetricsPort,
        NotifyPort,
        ProbesPort,
    )

_SERVICES = ("cfconsole.gcp.connection.clients", "cfconsole.gcp.fleet.services")
_ALL_ELSE = (
    "cfconsole.gcp.logs.cloud_logs",
    "cfconsole.gcp.metrics.cloud_metrics",
    "cfconsole.gcp.alerts.policies",
    "cfconsole.gcp.alerts.cloud_alerts",
    "cfconsole.gcp.releases.history",
    "cfconsole.gcp.releases.function_writes",
    "cfconsole.net.rest",
    "cfconsole.net.probes",
    "cfconsole.net.webhooks",
    "cfconsole.net.uploads",
)


class CloudOpener:
    """Opens clouds, and closes all that it opened."""

    def __init__(
        self,
        address: Callable[[], Emulator | None],
        config: Config,
        loaded: Callable[[], None] = lambda: None,
    ) -> None:
        """`address` may block until an emulator serves.

        `loaded` is called in a worker thread once everything that talks to the cloud is imported.
        """
        self._address = address
        self._config = config
        self._loaded = loaded
        self._opened: list[GoogleCloud] = []

    async def open(self) -> Cloud:
        """The cloud, ready to read services. Raises `CloudError`."""
        emulator = await asyncio.to_thread(self._prepare)
        from cfconsole.domain.text import Scrubber
        from cfconsole.gcp.connection.clients import connect
        from cfconsole.gcp.connection.options import GcpOptions

        options = GcpOptions(
            emulator_host=emulator.grpc if emulator else "",
            emulator_http=emulator.http if emulator else "",
            redact=self._config.redact.patterns,
            quota_project=os.environ.get("GOOGLE_CLOUD_QUOTA_PROJECT", ""),
        )
        scrub = Scrubber(options.redact)
        google = await connect(options, scrub)
        cloud = GoogleCloud(google, options, scrub, self._config.notify.webhook, self._loaded)
        self._opened.append(cloud)
        return cloud

    async def aclose(self) -> None:
        while self._opened:
            await self._opened.pop().aclose()

    def _prepare(self) -> Emulator | None:
        """Imports the clients of the services, which takes a while, and waits for an emulator that is starting."""
        _import(_SERVICES)
        return self._address()


class GoogleCloud:
    """`Cloud` over Google's clients and over HTTP, until `aclose`."""

    def __init__(
        self,
        google: GoogleConnection,
        options: GcpOptions,
        scrub: Scrubber,
        webhook: str,
        loaded: Callable[[], None],
    ) -> None:
        """Without a `webhook` there is no notify port."""
        from cfconsole.gcp.fleet.services import RunServices

        self._google = google
        self._options = options
        self._scrub = scrub
        self._webhook = webhook
        self._loaded = loaded
        self._closing: list[Callable[[], Coroutine[Any, Any, None]]] = [google.clients.aclose]
        self.services = RunServices(google.clients, options.limits, scrub)

    async def load(self) -> None:
        await asyncio.to_thread(self._load)

    @functools.cached_property
    def metrics(self) -> MetricsPort:
        from cfconsole.gcp.metrics.cloud_metrics import CloudMetrics

        return CloudMetrics(self._google.clients, self._options.limits, self._scrub)

    @functools.cached_property
    def alerts(self) -> AlertsPort:
        from cfconsole.gcp.alerts.cloud_alerts import CloudAlerts
        from cfconsole.gcp.alerts.policies import Policies

        policies = Policies(self._google.clients, self._options.limits, self._scrub)
        url = self._options.monitoring_url
        return CloudAlerts(self._rest.get_json, self._google.tokens, url, policies, self.logs, self._scrub)

    @functools.cached_property
    def logs(self) -> CloudLogs:
        from cfconsole.gcp.logs.cloud_logs import CloudLogs

        return CloudLogs(self._google.clients, self._options.limits, self._scrub)

    @functools.cached_property
    def history(self) -> HistoryPort:
        from cfconsole.gcp.releases.history import CloudHistory

        return CloudHistory(self._google.clients, self._options.limits, self._scrub)

    @functools.cached_property
    def functions(self) -> FunctionsPort:
        from cfconsole.gcp.releases.function_writes import CloudFunctions
        from cfconsole.net.uploads import Uploads

        return CloudFunctions(self._google.clients, self._options.limits, self._scrub, Uploads(self._scrub).put)

    @functools.cached_property
    def probes(self) -> ProbesPort:
        from cfconsole.net.probes import Probes

        probes = Probes(self._scrub, self._google.id_token)
        self._closing.append(probes.aclose)
        return probes

    @functools.cached_property
    def notify(self) -> NotifyPort | None:
        if not self._webhook:
            return None
        from cfconsole.net.webhooks import Webhook

        return Webhook(self._webhook, self._scrub)

    async def aclose(self) -> None:
        while self._closing:
            await self._closing.pop()()

    @functools.cached_property
    def _rest(self) -> RestCalls:
        from cfconsole.net.rest import RestCalls

        rest = RestCalls(self._scrub)
        self._closing.append(rest.aclose)
        return rest

    def _load(self) -> None:
        """Runs in a worker thread: reading the certificates alone would stop the event loop for 50 ms."""
        _import(_ALL_ELSE)
        self._rest.open()
        self._loaded()


def _import(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)
