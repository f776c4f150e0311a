"""The settings, as frozen values with defaults. `reader` makes them from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from msgspec import Meta, Struct

from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind

if TYPE_CHECKING:
    from cfconsole.domain.releases.steps import Policy

Colour = Literal["", "red", "yellow", "green", "blue", "magenta", "cyan"]
Fraction = Annotated[float, Meta(gt=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Percent = Annotated[int, Meta(ge=1, le=100)]
HttpPath = Annotated[str, Meta(pattern="^/[!-~]*$")]


class ConfigError(Exception):
    """The configuration can't be used; the text names the file, the key and the remedy."""


class Seconds(float):
    """A duration, written like `90s`, `5m` or `1h30m`."""


class Bytes(int):
    """A size, written like `64MiB`."""


class Secret(str):
    """A text that is used but never displayed, not even in errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'•••'"


class Context(Struct, frozen=True, forbid_unknown_fields=True):
    """A named set of projects and how carefully they are handled."""

    projects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    """Empty: every region."""
    colour: Colour = ""
    read_only: bool = False
    emulator: bool = False
    """Whether the context may be used on a local emulator; no other context may."""
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
    """How a new revision is probed over HTTP."""

    enabled: bool = True
    paths: tuple[HttpPath, ...] = ("/health", "/")
    """Tried in order; a path that is not found yields to the next one."""
    min_ready: Seconds = Seconds(30.0)
    attempts: Count = 8
    timeout: Seconds = Seconds(10.0)


class ServiceProbe(Struct, frozen=True, forbid_unknown_fields=True):
    """The probe settings of one service; `None` means as for all services."""

    enabled: bool | None = None
    paths: tuple[HttpPath, ...] | None = None
    min_ready: Seconds | None = None
    attempts: Count | None = None
    timeout: Seconds | None = None


class ReleaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How new revisions are rolled out, and when they are taken out again."""

    strategy: Literal["all-at-once", "blue-green", "canary"] = "all-at-once"
    steps: tuple[Percent, ...] = (5, 25, 50, 100)
    """Percent of the traffic, step by step, of a canary."""
    bake: Seconds = Seconds(120.0)
    error_rate: Fraction = 0.01
    """The share of 5xx answers that is always acceptable, whatever the other revisions do."""
    min_requests: Count = 200
    max_wait: Seconds = Seconds(1800.0)
    ready_within: Seconds = Seconds(900.0)
    on_disconnect: Literal["finish", "hold", "restore"] = "finish"
    probe: ProbeSettings = ProbeSettings()
    services: dict[str, ServiceProbe] = {}
    """Probes of single services, by name."""

    def policy(self, service: str) -> Policy:
        """The policy by which a release of that service is judged."""
        # Settings are loaded before the first frame, the types of releases in steps are not.
        from cfconsole.domain.releases.steps import GuardPolicy, OnDisconnect, Policy, ProbePolicy

        overrides = self.services.get(service, ServiceProbe())
        probe = ProbeSettings(
            **{
                name: getattr(self.probe, name) if getattr(overrides, name) is None else getattr(overrides, name)
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


class RedactSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions whose matches are masked wherever outside text is shown, saved or copied."""

    patterns: tuple[str, ...] = ()


class NotifySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to send a message when a release needs attention."""

    webhook: Secret = Secret("")
    """The URL of an incoming webhook of Slack or Google Chat; empty: no messages."""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of the file. Each has a default, so an absent file is a valid one."""

    default_context: str = ""
    contexts: dict[str, Context] = {}
    thresholds: ThresholdSettings = ThresholdSettings()
    logs: LogSettings = LogSettings()
    releases: ReleaseSettings = ReleaseSettings()
    redact: RedactSettings = RedactSettings()
    notify: NotifySettings = NotifySettings()
    keys: dict[str, str] = {}
    """Action id → key; the help screen lists the ids."""
    source: str = ""
    """The file it came from, empty for none. Not a key of the file."""


COLOURS: tuple[str, ...] = tuple(filter(None, get_args(Colour)))
