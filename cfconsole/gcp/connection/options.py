"""Connection settings and rate limits. Without heavy imports, so they can be built before the cloud opens."""

from __future__ import annotations

from msgspec import Struct


class RateLimit(Struct, frozen=True):
    """At most `calls` in any `period_s` seconds."""

    calls: int
    period_s: float


class RateLimits(Struct, frozen=True):
    """Rate limits for each API, well below the default quotas, which a whole project shares.

    Cloud Run counts reads per project and region; Logging allows 60 reads a minute, Monitoring 6000 queries.
    """

    run_sweep: tuple[RateLimit, ...] = (RateLimit(45, 9.0),)
    run_region: tuple[RateLimit, ...] = (RateLimit(10, 5.0),)
    run_read: tuple[RateLimit, ...] = (RateLimit(50, 10.0),)
    """Reads of a single service, separate from sweeps so that a release never waits behind one."""
    run_write: tuple[RateLimit, ...] = (RateLimit(4, 12.0),)
    functions_read: tuple[RateLimit, ...] = (RateLimit(25, 5.0),)
    logging_read: tuple[RateLimit, ...] = (RateLimit(10, 60.0), RateLimit(5, 15.0))
    history_read: tuple[RateLimit, ...] = (RateLimit(3, 60.0),)
    """Reads of the team's releases; they count towards the same 60 reads a minute of Logging."""
    functions_write: tuple[RateLimit, ...] = (RateLimit(4, 12.0),)
    monitoring_read: tuple[RateLimit, ...] = (RateLimit(20, 10.0),)


UNLIMITED = RateLimits((), (), (), (), (), (), (), (), ())


class GcpOptions(Struct, frozen=True):
    """The settings of a connection."""

    emulator_host: str = ""
    """`HOST:PORT` of an emulator's gRPC server; empty for the real APIs."""
    emulator_http: str = ""
    """`HOST:PORT` of an emulator's REST server."""
    redact: tuple[str, ...] = ()
    """Regular expressions of text that must never be shown."""
    quota_project: str = ""
    limits: RateLimits = RateLimits()

    @property
    def monitoring_url(self) -> str:
        """The base URL of Cloud Monitoring's REST API."""
        if self.emulator_http:
            return f"http://{self.emulator_http}"
        return "https://monitoring.googleapis.com"
