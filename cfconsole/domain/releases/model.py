"""Releases: plans, refusals, approvals, and how each release went."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import CANDIDATE, TRAFFIC_MASK, Share, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.steps import Policy, Progress, Scaling, Step, Strategy, TemplateChange
from cfconsole.domain.source.function_builds import SourceBuild


class ReleaseState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"
    SUPERSEDED = "superseded"
    """Somebody else changed the service in the meantime; their change was not overwritten."""
    UNKNOWN = "unknown"


OPEN_STATES = frozenset({ReleaseState.PLANNED, ReleaseState.RUNNING, ReleaseState.VERIFYING})


class Difference(Struct, frozen=True):
    """One line of what changes between two revisions, e.g. `("image", "…@sha256:ab", "…@sha256:cd")`."""

    what: str
    before: str
    after: str


class Plan(Struct, frozen=True):
    """An exact change of one service, with its undo."""

    kind: ReleaseKind
    service: ServiceKey
    generation: int
    """The generation the plan was made from; a newer one means that somebody else changed the service."""
    etag: str
    desired_before: tuple[Target, ...]
    before: tuple[Share, ...]
    """The effective split the plan was made from."""
    after: tuple[Target, ...]
    """The whole list of targets to write, tags included."""
    undo: tuple[Target, ...]
    """The effective split before, by revision names: restoring LATEST might serve the bad revision."""
    bad: str = ""
    """The revision that traffic is taken from, if the plan is about one."""
    target: str = ""
    """The revision that gets the traffic."""
    named_target: str = field(default="", name="asked_target")
    """The target as the operator named it, in journals of earlier versions. Nothing reads or sets it any more."""
    why: str = ""
    """Why this target, as a sentence."""
    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    must_name: str = ""
    """A revision whose name must be typed first, because it failed or was rolled back."""
    mask: tuple[str, ...] = TRAFFIC_MASK
    """The field mask of the single write of a plan without steps: traffic or scaling."""
    steps: tuple[Step, ...] = ()
    """One write each; empty for a plan that is a single write of `after`, or of `scaling`."""
    strategy: Strategy | None = None
    change: TemplateChange | None = None
    """The change of the template, if the plan creates a revision."""
    newest: str = ""
    """The newest revision when the plan was made; a newer one is ours or somebody else's."""
    tag: str = ""
    """The tag that the new revision gets while it is tested or kept for debugging."""
    policy: Policy | None = None
    scaling: Scaling | None = None
    """The instances to set, if the plan is about those and not traffic."""
    scaling_before: Scaling | None = None
    build: SourceBuild | None = None
    """The source to build, if the plan deploys a function from source."""


class RefusalReason(StrEnum):
    ALREADY_DONE = "already-done"
    """Nothing to do; not an error."""
    NO_TARGET = "no-target"
    NOT_READY = "not-ready"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not-found"
    UNREADABLE = "unreadable"
    """The data a plan needs could not be read."""
    INVALID = "invalid"
    """The request makes no sense, such as 120 % or a limit that is not a quantity."""
    NOTHING_TO_UNDO = "nothing-to-undo"
    MUST_NAME = "must-name"
    READ_ONLY = "read-only"
    NOT_APPROVED = "not-approved"
    CHANGED = "changed"
    """The service has changed since the plan was made."""
    BUSY = "busy"
    """A release of this service is in progress."""
    JOURNAL = "journal"
    """The intent could not be recorded."""


class Refusal(Struct, frozen=True):
    """Why there is no plan, or why a plan is not carried out."""

    reason: RefusalReason
    sentence: str
    candidates: tuple[str, ...] = ()


class Approval(Struct, frozen=True):
    """Proof that the operator accepted this very plan. Made by `session.approvals` alone."""

    plan: Plan
    how: str
    """`none`, `confirm` or `type-name`; for a command `--yes` or `--confirm`."""
    at: datetime


class Evidence(Struct, frozen=True):
    """Counted requests and errors, on which a verdict rests."""

    requests: int = 0
    errors: int = 0

    @property
    def error_rate(self) -> float | None:
        return self.errors / self.requests if self.requests else None


class Verdict(StrEnum):
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


class ReleaseEvent(Struct, frozen=True):
    """One event of a release in the journal."""

    at: datetime
    state: ReleaseState
    sentence: str
    operation: str = ""
    """The API's operation name, once there is one."""
    progress: Progress | None = None
    """The progress of a release in steps at that time."""


class Release(Struct, frozen=True):
    """One release: its plan, its state, and how it ended."""

    id: str
    plan: Plan
    actor: str
    started_at: datetime
    state: ReleaseState = ReleaseState.PLANNED
    ended_at: datetime | None = None
    outcome: str = ""
    events: tuple[ReleaseEvent, ...] = ()
    generation_after: int = 0
    """The generation our write produced, 0 while unknown."""
    candidate: str = ""
    """The revision that the release created, once the API has named it."""

    @property
    def promoted(self) -> str:
        """The revision that was to get the traffic; empty if the API never named it."""
        return self.candidate or ("" if self.plan.target == CANDIDATE else self.plan.target)

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def exclusive(self) -> bool:
        """Whether no other release of the service may begin until this one ends. A deletion blocks no other release."""
        return self.open and self.plan.kind is not ReleaseKind.DELETE


def as_interrupted(release: Release) -> Release:
    """An open release whose process is gone, as interrupted: it no longer blocks other releases."""
    if not release.open:
        return release
    sentence = "its console ended first; check what serves before doing more"
    return replace(release, state=ReleaseState.INTERRUPTED, outcome=sentence)
