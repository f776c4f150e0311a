"""What an invocation works with: its configuration, its settings, its files, and its actor."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.setup.scope import Scope, scope_of
from cfconsole.config import Config, ConfigError
from cfconsole.domain.releases.kinds import DEFAULT_GUARDS
from cfconsole.session.settings import SessionSettings

APP = "cfconsole"


def read_setup(options: GlobalOptions) -> tuple[Config, Scope]:
    """The configuration and the scope of this invocation. Raises `Stop`."""
    config = read_config(options)
    return config, scope_of(options, config, os.environ, Path.home())


def read_config(options: GlobalOptions) -> Config:
    """The configuration. Raises `Stop`."""
    default = platformdirs.user_config_path(APP) / "config.toml"
    if options.config is None and not default.exists():
        return Config()
    # Without a file the first frame does not wait for the parser.
    from cfconsole.config.reader import load_config

    try:
        return load_config(options.config or default)
    except ConfigError as error:
        raise Stop(str(error), Exit.USAGE) from error


def config_file(config: Config) -> Path | None:
    """The file that was read, to pass to another process."""
    return Path(config.source).absolute() if config.source else None


def state_folder() -> Path:
    """The folder of the journal."""
    return platformdirs.user_state_path(APP)


def journal_file(scope: Scope) -> Path:
    """The journal. Releases of an emulator are not mixed with those of the real cloud."""
    return state_folder() / ("journal-emulator.sqlite" if scope.emulator else "journal.sqlite")


def credentials_file(environment: Mapping[str, str], home: Path) -> Path:
    """The application default credentials. The console resumes when this file changes."""
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    gcloud = Path(environment.get("CLOUDSDK_CONFIG") or home / ".config" / "gcloud")
    return Path(named) if named else gcloud / "application_default_credentials.json"


def cache_folder() -> Path:
    return platformdirs.user_cache_path(APP)


def session_settings(scope: Scope, config: Config) -> SessionSettings:
    return SessionSettings(
        projects=scope.projects,
        regions=scope.regions,
        guards={**DEFAULT_GUARDS, **scope.guards},
        read_only=scope.read_only,
        actor=actor(os.environ),
        thresholds=config.thresholds.thresholds(),
        log_entries=config.logs.entries,
        log_bytes=config.logs.size,
        scope=scope.cache_key,
    )


def actor(environment: Mapping[str, str]) -> str:
    """The actor recorded with a release: user and machine."""
    user = environment.get("SUDO_USER") or environment.get("USER") or _login_name()
    return f"{user}@{socket.gethostname()}"


def _login_name() -> str:
    import getpass

    return getpass.getuser()
