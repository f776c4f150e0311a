"""The configuration file: TOML read once into frozen settings; every error names the file, the key and the remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from cfconsole.domain.alerts import Thresholds
from cfconsole.domain.durations import parse_duration
from cfconsole.domain.releases import GuardLevel, ReleaseKind

if TYPE_CHECKING:
    from cfconsole.domain.release_steps import Policy

Colour = Literal["", "red", "yellow", "green", "blue", "magenta", "cyan"]
Fraction = Annotated[float, Meta(gt=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Percent = Annotated[int, Meta(ge=1, le=100)]
HttpPath = Annotated[str, Meta(pattern="^/[!-~]*$")]


class ConfigError(Exception):
    """The configuration can't be used; the text says which file and key, and what would be right."""


class Seconds(float):
    """A duration, written like `90s`, `5m` or `1h30m`."""


class Bytes(int):
    """A size, written like `64MiB`."""


class Secret(str):
    """A text that is used and never shown, not even in errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'•••'"


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """A named set of projects with the care they deserve."""

    projects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Empty: every region."""
    colour: Colour = ""
    read_only: bool = False
    emulator: bool = False
    """Whether this context may be used on a local emulator; only such contexts may."""
    guards: dict[ReleaseKind, GuardLevel] = {}


class ThresholdSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """When the console raises an alert of its own."""

    error_rate: Fraction = 0.01
    p95: Seconds = Seconds(2.0)
    instances: Count = 50
    window: Seconds = Seconds(300.0)
    min_requests: Count = 200

    def thresholds(self) -> Thresholds:
        return Thresholds(self.error_rate, self.p95 * 1000, self.instances, float(self.window), self.min_requests)


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the log is kept in memory."""

    entries: Annotated[int, Meta(ge=1000, le=1_000_000)] = 50_000
    size: Bytes = Bytes(64 * 2**20)


class ProbeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a new revision is asked over HTTP whether it is well."""

    enabled: bool = True
    paths: tuple[HttpPath, ...] = ("/health", "/")
    """Tried in order; a path that is not found yields to the next one."""
    min_ready: Seconds = Seconds(30.0)
    attempts: Count = 8
    timeout: Seconds = Seconds(10.0)


class ServiceProbe(Struct, frozen=True, forbid_unknown_fields=True):
    """What is otherwise for one service; what is absent is as for all."""

    enabled: bool | None = None
    paths: tuple[HttpPath, ...] | None = None
    min_ready: Seconds | None = None
    attempts: Count | None = None
    timeout: Seconds | None = None


class ReleaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How new revisions are brought in, and when they are taken out again."""

    strategy: Literal["all-at-once", "blue-green", "canary"] = "all-at-once"
    steps: tuple[Percent, ...] = (5, 25, 50, 100)
    """Of a canary."""
    bake: Seconds = Seconds(120.0)
    error_rate: Fraction = 0.01
    """The share of 5xx answers a revision may give, whatever the others do."""
    min_requests: Count = 200
    max_wait: Seconds = Seconds(1800.0)
    ready_within: Seconds = Seconds(900.0)
    on_disconnect: Literal["finish", "hold", "restore"] = "finish"
    probe: ProbeSettings = ProbeSettings()
    services: dict[str, ServiceProbe] = {}
    """Probes of single services, by name."""

    def policy(self, service: str) -> Policy:
        """By what a release of that service is judged."""
        from cfconsole.domain.release_steps import GuardPolicy, OnDisconnect, Policy, ProbePolicy

        said = self.services.get(service, ServiceProbe())
        probe = ProbeSettings(
            **{
                name: getattr(self.probe, name) if getattr(said, name) is None else getattr(said, name)
                for name in ProbeSettings.__struct_fields__
            }
        )
        return Policy(
            GuardPolicy(self.error_rate, self.min_requests, float(self.max_wait), float(self.ready_within)),
            ProbePolicy(
                paths=probe.paths,
                min_ready_s=float(probe.min_ready),
                attempts=probe.attempts if probe.enabled else 0,
                timeout_s=float(probe.timeout),
            ),
            OnDisconnect(self.on_disconnect),
        )


class Redact(Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions whose matches are masked wherever outside text is shown, saved or copied."""

    patterns: tuple[str, ...] = ()


class NotifySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told when a release needs somebody."""

    webhook: Secret = Secret("")
    """The URL of an incoming webhook of Slack or Google Chat; empty: nobody is told."""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the file can say; each field has a default, so an absent file is a valid one."""

    default_context: str = ""
    contexts: dict[str, Context] = {}
    thresholds: ThresholdSettings = ThresholdSettings()
    logs: LogSettings = LogSettings()
    releases: ReleaseSettings = ReleaseSettings()
    redact: Redact = Redact()
    notify: NotifySettings = NotifySettings()
    keys: dict[str, str] = {}
    """Action id → key, as the help screen names them."""
    source: str = ""
    """The file it came from, empty for none. Not a key of the file."""


def load_config(path: Path | None, default: Path) -> Config:
    """Reads `path`, or `default` where that exists. Raises `ConfigError`."""
    if path is None and not default.exists():
        return Config()
    file = path or default
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror}). Name a readable file with --config.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text. Save it as UTF-8.") from error
    return parse_config(text, str(file))


def parse_config(text: str, source: str) -> Config:
    """Turns TOML text into settings; `source` is named in errors. Raises `ConfigError`."""
    import tomllib

    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: is not valid TOML: {error}.") from error
    if "source" in tree:
        raise ConfigError(f"{source}: source: is not a key; remove it.")
    try:
        config = msgspec.convert(tree, Config, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {_sentence(str(error))}") from error
    _check(config, source)
    return msgspec.structs.replace(config, source=source)


def _check(config: Config, source: str) -> None:
    if config.default_context and config.default_context not in config.contexts:
        known = _listed(config.contexts) or "none is defined"
        raise ConfigError(f"{source}: default_context: there is no context {config.default_context!r} ({known}).")
    for name, context in config.contexts.items():
        if not context.projects:
            raise ConfigError(f"{source}: contexts.{name}.projects: is empty; name at least one project.")
    steps = config.releases.steps
    if steps[-1:] != (100,) or not all(one < other for one, other in pairwise(steps)):
        raise ConfigError(f"{source}: releases.steps: rise and end at 100; write them like [5, 25, 50, 100].")
    for pattern in config.redact.patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"{source}: redact.patterns: {pattern!r} is no regular expression: {error}.") from error


def _decode(kind: type, value: object) -> object:
    if kind is Seconds:
        if not isinstance(value, str):
            raise ValueError('Expected a duration in quotes such as "90s" or "5m"')
        return Seconds(parse_duration(value))
    if kind is Bytes:
        return Bytes(_parse_bytes(value))
    if kind is Secret:
        return Secret(_parse_address(value))
    raise NotImplementedError(kind)


_SIZE = re.compile(r"(\d+)\s*(KiB|MiB|GiB)")
_UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _parse_bytes(value: object) -> int:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError('Expected a size such as "64MiB" (units: KiB, MiB, GiB)')
    return int(match[1]) * _UNITS[match[2]]


_ADDRESS = re.compile(r"(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])[!-~]+")
"""What is posted stays on the way between the two; on this machine there is no way."""


def _parse_address(value: object) -> str:
    if not isinstance(value, str) or (value and not _ADDRESS.fullmatch(value)):
        raise ValueError("Expected a URL that begins with https://, or nothing")
    return value


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<key>[^`]*|key.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]+)`")


def _sentence(message: str) -> str:
    """Turns `Expected … - at `$.a.b`` into `a.b: expected …`, and names the nearest key for an unknown one."""
    match = _AT.match(message)
    what, key = (match["what"], match["key"] or "$") if match else (message, "$")
    path = key.removeprefix("$").removeprefix(".")
    unknown = _UNKNOWN.match(what)
    if unknown is None:
        said = what[:1].lower() + what[1:]
        return f"{path or 'the file'}: {said.replace('`', '')}."
    field = f"{path}.{unknown['field']}".removeprefix(".")
    return f"{field}: is not a key{_nearest(unknown['field'])}"


def _nearest(field: str) -> str:
    kinds = (Config, Context, ThresholdSettings, LogSettings, ReleaseSettings, ProbeSettings, Redact, NotifySettings)
    known = {name for kind in kinds for name in kind.__struct_fields__} - {"source"}
    close = difflib.get_close_matches(field, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys here or above: {_listed(known)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


COLOURS: tuple[str, ...] = tuple(filter(None, get_args(Colour)))
