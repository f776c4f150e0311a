"""Puts the layers together: adapters behind the session's ports, and files in their places."""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.scope import Emulator, Scope, scope_of
from cfconsole.config import Config, ConfigError
from cfconsole.domain.guards import UNNAMED_CONTEXT
from cfconsole.session.settings import SessionSettings

if TYPE_CHECKING:
    from cfconsole.gcp.cloud import OpenCloud
    from cfconsole.net.rest import RestCalls
    from cfconsole.session.ports import Cloud

APP = "cfconsole"


def read_setup(options: GlobalOptions) -> tuple[Config, Scope]:
    """The configuration and what it means for this invocation. Raises `Stop`."""
    config = read_config(options)
    return config, scope_of(options, config, os.environ, Path.home())


def read_config(options: GlobalOptions) -> Config:
    """The configuration. Raises `Stop`."""
    default = platformdirs.user_config_path(APP) / "config.toml"
    if options.config is None and not default.exists():
        return Config()
    from cfconsole.config.reading import load_config

    try:
        return load_config(options.config or default)
    except ConfigError as error:
        raise Stop(str(error), Exit.USAGE) from error


def config_file(config: Config) -> Path | None:
    """The file that was read, for another process to read it, too."""
    return Path(config.source).absolute() if config.source else None


def state_folder() -> Path:
    """Where the journal lives."""
    return platformdirs.user_state_path(APP)


def journal_file(scope: Scope) -> Path:
    """An emulator's releases are none of the real cloud's history."""
    return state_folder() / ("journal-emulator.sqlite" if scope.emulator else "journal.sqlite")


def credentials_file(environment: Mapping[str, str], home: Path) -> Path:
    """Where application default credentials are kept; the console resumes when this file changes."""
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    gcloud = Path(environment.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")
    return Path(named) if named else gcloud / "application_default_credentials.json"


def cache_folder() -> Path:
    return platformdirs.user_cache_path(APP)


def session_settings(scope: Scope, config: Config) -> SessionSettings:
    return SessionSettings(
        projects=scope.projects,
        regions=scope.regions,
        guards={**UNNAMED_CONTEXT, **scope.guards},
        read_only=scope.read_only,
        actor=actor(os.environ),
        thresholds=config.thresholds.thresholds(),
        log_entries=config.logs.entries,
        log_bytes=config.logs.size,
        scope=scope.cache_key,
    )


def actor(environment: Mapping[str, str]) -> str:
    """Who is on record for a release: the user of this machine, and the machine."""
    user = environment.get("SUDO_USER") or environment.get("USER") or _login_name()
    return f"{user}@{socket.gethostname()}"


def _login_name() -> str:
    import getpass

    return getpass.getuser()


class CloudDoor:
    """Opens the cloud when it is asked to, in a worker thread as far as imports go, and closes what it opened."""

    def __init__(
        self,
        address: Callable[[], Emulator | None],
        config: Config,
        loaded: Callable[[], None] = lambda: None,
    ) -> None:
        """`loaded` is called once everything that talks to the cloud is imported."""
        self._address = address
        self._redact = config.redact.patterns
        self._webhook = config.notify.webhook
        self._loaded = loaded
        self._calls: RestCalls | None = None
        self._opened: list[Callable[[], object]] = []

    async def open(self) -> Cloud:
        """The ports of the cloud. Raises `CloudError`."""
        emulator = await asyncio.to_thread(self._prepare)
        return await self._connect(emulator)

    async def aclose(self) -> None:
        while self._opened:
            closing = self._opened.pop()()
            if asyncio.iscoroutine(closing):
                await closing

    def _prepare(self) -> Emulator | None:
        """Loads the clients of the services, which takes a while, and waits for an emulator that is to come."""
        importlib.import_module("cfconsole.gcp.cloud")
        return self._address()

    def _load_rest(self) -> None:
        """Runs in a worker thread: reading the certificates alone would stop the event loop for 50 ms."""
        self._rest().open()
        self._loaded()

    def _rest(self) -> RestCalls:
        if self._calls is None:
            from cfconsole.domain.text import Scrubber
            from cfconsole.net.rest import RestCalls

            self._calls = RestCalls(Scrubber(self._redact))
            self._opened.append(self._calls.aclose)
        return self._calls

    async def _get_json(self, url: str, params: Mapping[str, str], token: str) -> Mapping[str, Any]:
        """A call of a REST API; what makes it is loaded by then."""
        return await self._rest().get_json(url, params, token)

    async def _connect(self, emulator: Emulator | None) -> Cloud:
        from cfconsole.cli.outside import LaterProbes, LaterWebhook, put_archive
        from cfconsole.domain.text import Scrubber
        from cfconsole.gcp.cloud import open_cloud
        from cfconsole.gcp.options import GcpOptions
        from cfconsole.session.ports import Cloud

        options = GcpOptions(
            emulator_host=emulator.grpc if emulator else "",
            emulator_http=emulator.http if emulator else "",
            redact=self._redact,
            quota_project=os.environ.get("GOOGLE_CLOUD_QUOTA_PROJECT", ""),
        )
        scrub = Scrubber(self._redact)
        put = functools.partial(put_archive, scrub)
        cloud: OpenCloud = await open_cloud(options, self._get_json, self._load_rest, put)
        probes = LaterProbes(scrub, cloud.id_token)
        self._opened += [cloud.aclose, probes.aclose]
        return Cloud(
            cloud.services,
            cloud.metrics,
            cloud.alerts,
            cloud.logs,
            probes,
            cloud.history,
            cloud.functions,
            LaterWebhook(scrub, self._webhook) if self._webhook else None,
        )
