"""The configuration file read into settings; every error names the file, the key and the remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from cfconsole.config import (
    COLOURS,
    Bytes,
    Config,
    ConfigError,
    Context,
    LogSettings,
    NotifySettings,
    ProbeSettings,
    RedactSettings,
    ReleaseSettings,
    Seconds,
    Secret,
    ServiceProbe,
    ThresholdSettings,
)
from cfconsole.domain.durations import format_span, parse_duration
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.steps import OnDisconnect, Strategy

MIN_LOG_BYTES = 2**20


def load_config(file: Path) -> Config:
    """Reads `file`. Raises `ConfigError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror}). Name a readable file with --config.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text. Save it as UTF-8.") from error
    return parse_config(text, str(file))


def parse_config(text: str, source: str) -> Config:
    """Turns TOML text into settings; `source` is named in errors. Raises `ConfigError`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: is not valid TOML: {error}.") from error
    if "source" in tree:
        raise ConfigError(f"{source}: source: is not a key; remove it.")
    try:
        config = msgspec.convert(tree, Config, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {_sentence(str(error), tree)}") from error
    _check(config, source)
    return msgspec.structs.replace(config, source=source)


def _check(config: Config, source: str) -> None:
    if config.default_context and config.default_context not in config.contexts:
        known = _join_sorted(config.contexts) or "none"
        raise ConfigError(f"{source}: default_context: no such context: {config.default_context!r} (known: {known}).")
    for name, context in config.contexts.items():
        if not context.projects:
            raise ConfigError(f"{source}: contexts.{name}.projects: is empty; name at least one project.")
    steps = config.releases.steps
    if steps[-1:] != (100,) or not all(one < other for one, other in pairwise(steps)):
        raise ConfigError(f"{source}: releases.steps: must rise and end at 100; write them like [5, 25, 50, 100].")
    if config.logs.size < MIN_LOG_BYTES:
        raise ConfigError(f"{source}: logs.size: is too small; write 1MiB or more.")
    _check_spans(config, source)
    for pattern in config.redact.patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(
                f"{source}: redact.patterns: {pattern!r} is not a regular expression: {error}."
            ) from error


def _check_spans(config: Config, source: str) -> None:
    releases, day_s = config.releases, 86_400.0
    probes: dict[str, ProbeSettings | ServiceProbe] = {"probe": releases.probe}
    probes |= {f"services.{name}": probe for name, probe in releases.services.items()}
    spans = (
        ("thresholds.p95", config.thresholds.p95, 0.001, 3600.0),
        ("thresholds.window", config.thresholds.window, 60.0, day_s),
        ("releases.bake", releases.bake, 0.0, day_s),
        ("releases.max_wait", releases.max_wait, 1.0, 7 * day_s),
        ("releases.ready_within", releases.ready_within, 1.0, day_s),
        *((f"releases.{name}.min_ready", probe.min_ready, 0.0, 3600.0) for name, probe in probes.items()),
        *((f"releases.{name}.timeout", probe.timeout, 0.1, 300.0) for name, probe in probes.items()),
    )
    for key, span, min_s, max_s in spans:
        if span is not None and not min_s <= span <= max_s:
            limits = f"from {format_span(min_s)} to {format_span(max_s)}"
            raise ConfigError(f"{source}: {key}: is {format_span(span)}; write a duration {limits}.")


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
"""Plain HTTP is allowed to this machine only, where nobody can read along."""


def _parse_address(value: object) -> str:
    if not isinstance(value, str) or (value and not _ADDRESS.fullmatch(value)):
        raise ValueError("Expected a URL that begins with https://, or an empty string")
    return value


_AT = re.compile(r"^(?P<what>.*?)(?: - at (?P<name>`key` in )?`(?P<key>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]+)`")


_TABLES: Mapping[str, type] = {"contexts": Context, "releases.services": ServiceProbe}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "colour": COLOURS,
    "guards": tuple(GuardLevel),
    "kind": tuple(ReleaseKind),
    "strategy": tuple(Strategy),
    "on_disconnect": tuple(OnDisconnect),
}
"""The valid values of a key; `kind` stands for the keys of guards."""


def _sentence(message: str, tree: Mapping[str, Any]) -> str:
    """msgspec's `Expected … - at `$.a.b`` as `a.b: expected …`; an unknown key comes with the nearest known one."""
    match = _AT.match(message)
    what, key = (match["what"], match["key"] or "$") if match else (message, "$")
    path = _full_path(key.removeprefix("$").removeprefix("."), tree)
    unknown = _UNKNOWN.match(what)
    if unknown is None:
        text = what[:1].lower() + what[1:]
        choices = _CHOICES.get("kind" if match and match["name"] else path.rpartition(".")[2], ())
        known = f"; write one of {', '.join(choices)}" if choices and text.startswith("invalid enum") else ""
        return f"{path or 'the file'}: {text.replace('`', '')}{known}."
    field = f"{path}.{unknown['field']}".removeprefix(".")
    return f"{field}: is not a key{_nearest_key(unknown['field'])}"


def _full_path(path: str, tree: Mapping[str, Any]) -> str:
    """The path with the name of the first wrong entry in place of msgspec's `[...]`."""
    for table, kind in _TABLES.items():
        rest = path.removeprefix(f"{table}[...]")
        if rest != path:
            entries: Any = tree
            for part in table.split("."):
                entries = entries[part]
            wrong = next((name for name, entry in entries.items() if not _fits(entry, kind)), "")
            return f"{table}.{wrong}{rest}".replace("[...]", "")
    return path.replace("[...]", "")


def _fits(entry: object, kind: type) -> bool:
    try:
        msgspec.convert(entry, kind, dec_hook=_decode)
    except msgspec.ValidationError:
        return False
    return True


def _nearest_key(field: str) -> str:
    kinds = (
        Config,
        Context,
        ThresholdSettings,
        LogSettings,
        ReleaseSettings,
        ProbeSettings,
        RedactSettings,
        NotifySettings,
    )
    known = {name for kind in kinds for name in kind.__struct_fields__} - {"source"}
    close = difflib.get_close_matches(field, known, n=1, cutoff=0.7)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys here or above: {_join_sorted(known)}."


def _join_sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
