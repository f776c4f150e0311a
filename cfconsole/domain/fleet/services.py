"""Services and their revisions, as read at one moment."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Share, Target


class ServiceKey(Struct, frozen=True, order=True):
    """Names one service. Sorts by project, region, name."""

    project: str
    region: str
    name: str

    def __str__(self) -> str:
        return f"{self.project}/{self.region}/{self.name}"

    @property
    def path(self) -> str:
        """The API's resource name, `projects/P/locations/R/services/NAME`."""
        return f"projects/{self.project}/locations/{self.region}/services/{self.name}"


class ServiceKind(StrEnum):
    SERVICE = "service"
    FUNCTION = "function"
    """Managed by the Functions API, which names the service in `service_config.service`."""
    RUN_FUNCTION = "run-function"
    """A service with a function target of its own; the Functions API does not list it."""


class Health(StrEnum):
    """The state of a service, from best to worst. Drawn as a shape and a word, never as colour alone."""

    READY = "ready"
    DEPLOYING = "deploying"
    PINNED = "pinned"
    """The newest created revision serves nothing, so the next deploy would serve nothing either."""
    DEGRADED = "degraded"
    """The newest revision failed; older ones still serve."""
    ERRORING = "erroring"
    """It answers too slowly or too often with errors."""
    DOWN = "down"
    """Nothing serves."""
    UNKNOWN = "unknown"


class Condition(Struct, frozen=True):
    """The condition of a resource: `state` is succeeded, failed, pending or reconciling; the rest is Google's text."""

    state: str = ""
    reason: str = ""
    message: str = ""


class Function(Struct, frozen=True):
    """The function that a service runs."""

    name: str
    state: str
    """ACTIVE, FAILED, DEPLOYING, DELETING, UNKNOWN, or a number this version does not know."""
    runtime: str = ""
    entry_point: str = ""
    event_trigger: str = ""
    """The event type, empty for HTTP functions."""
    all_traffic_on_latest: bool = True
    """Whether the next deploy of the function takes all traffic again, even after a rollback."""
    messages: tuple[str, ...] = ()


class EnvVar(Struct, frozen=True):
    """An environment variable, masked when it is read: no secret value is held in memory."""

    name: str
    display: str
    """The value if it is clearly harmless, a mask, or the name of a secret reference."""
    digest: str = ""
    """Tells two masked values apart without revealing them; salted anew in each process."""


class Container(Struct, frozen=True):
    """One container of a revision; the one with ports takes the requests, the others are side-cars."""

    name: str = ""
    image: str = ""
    ports: bool = False
    http2: bool = False
    """Whether it receives HTTP/2 end to end: gRPC or streams."""


class Revision(Struct, frozen=True):
    """An immutable version of a service."""

    name: str
    service: ServiceKey
    created_at: datetime
    created_by: str = ""
    ready: bool = False
    retired: bool = False
    condition: Condition = Condition()
    image: str = ""
    env: tuple[EnvVar, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    """Resource limits by name, e.g. `("memory", "512Mi")`."""
    service_account: str = ""
    min_instances: int = 0
    max_instances: int | None = None
    concurrency: int | None = None
    timeout_s: float | None = None
    log_uri: str = ""
    containers: tuple[Container, ...] = ()

    @property
    def short(self) -> str:
        """The name without the service's: `00042` for `orders-api-00042`, `00042-abc` for `orders-api-00042-abc`."""
        return short_revision(self.service.name, self.name)


class Service(Struct, frozen=True):
    """A Cloud Run service at the moment it was read."""

    key: ServiceKey
    kind: ServiceKind = ServiceKind.SERVICE
    uri: str = ""
    etag: str = ""
    generation: int = 0
    observed_generation: int = 0
    reconciling: bool = False
    condition: Condition = Condition()
    desired: tuple[Target, ...] = ()
    """The desired split (`traffic`)."""
    effective: tuple[Share, ...] = ()
    """The split that serves (`traffic_statuses`), with LATEST resolved to a revision."""
    latest_created: str = ""
    latest_ready: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""
    min_instances: int = 0
    max_instances: int | None = None
    ingress: str = ""
    function: Function | None = None
    labels: tuple[tuple[str, str], ...] = ()
    read_at: datetime | None = None

    @property
    def serving(self) -> tuple[Share, ...]:
        """The shares that get requests, largest first, one per revision."""
        return serving_shares(self.effective)

    @property
    def pinned(self) -> bool:
        """Whether the newest revision is Ready and gets no traffic."""
        return (
            bool(self.effective)
            and not self.reconciling
            and bool(self.latest_created)
            and self.latest_created == self.latest_ready
            and self.latest_created not in {share.revision for share in self.serving}
        )

    @property
    def change_sentence(self) -> str:
        """Who changed it last, for sentences: `orders-api was changed by ci@shop.example`."""
        return f"{self.key.name} was changed{f' by {self.updated_by}' if self.updated_by else ''}"


class Unreachable(Struct, frozen=True):
    """A place that could not be read. Its content is unknown, not absent."""

    place: str
    """A region, or a resource path as the API names it."""
    sentence: str


def serving_shares(shares: Sequence[Share]) -> tuple[Share, ...]:
    """The effective share of each revision that gets requests, largest first."""
    if len(shares) == 1 and shares[0].percent > 0:
        # True of nearly all services, and computed for each of them whenever the list is drawn.
        return tuple(shares)
    merged: dict[str, Share] = {}
    for share in shares:
        seen = merged.get(share.revision)
        percent = share.percent + (seen.percent if seen else 0)
        tag = share.tag or (seen.tag if seen else "")
        merged[share.revision] = replace(share, percent=percent, tag=tag)
    return tuple(sorted((s for s in merged.values() if s.percent > 0), key=lambda s: (-s.percent, s.revision)))


def short_revision(service: str, revision: str) -> str:
    """A revision's name without the service's, which stands beside it on every screen."""
    return revision.removeprefix(f"{service}-") or revision
