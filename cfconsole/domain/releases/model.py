"""Releases: the values that say what is to change, why, how it is taken back, and how it went."""

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
    """Somebody else changed the service meanwhile; nothing of theirs was overwritten."""
    UNKNOWN = "unknown"


OPEN_STATES = frozenset({ReleaseState.PLANNED, ReleaseState.RUNNING, ReleaseState.VERIFYING})


class Difference(Struct, frozen=True):
    """One line of what changes between two revisions, e.g. `("image", "…@sha256:ab", "…@sha256:cd")`."""

    what: str
    before: str
    after: str


class Plan(Struct, frozen=True):
    """An exact change of one service's traffic, with its undo."""

    kind: ReleaseKind
    service: ServiceKey
    generation: int
    """The generation the plan was made from; a newer one means that somebody else was here."""
    etag: str
    desired_before: tuple[Target, ...]
    before: tuple[Share, ...]
    """The effective split the plan was made from."""
    after: tuple[Target, ...]
    """The whole list of targets to write, tags included."""
    undo: tuple[Target, ...]
    """The effective split before, LATEST resolved to names: putting back LATEST might serve the bad revision."""
    bad: str = ""
    """The revision that traffic is taken from, where the plan is about one."""
    target: str = ""
    """The revision that gets the traffic."""
    named_target: str = field(default="", name="asked_target")
    """The target as the operator named it, in journals of earlier versions. Nothing reads or sets it any more."""
    why: str = ""
    """Why this target, as a sentence."""
    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    must_name: str = ""
    """A revision that has to be typed by name first, because it failed or was just rolled back."""
    mask: tuple[str, ...] = TRAFFIC_MASK
    """What the one write of a plan without steps may touch: traffic, or the scaling of the service."""
    steps: tuple[Step, ...] = ()
    """One write each; empty for a plan that is a single write of `after`, or of `scaling`."""
    strategy: Strategy | None = None
    change: TemplateChange | None = None
    """What the new revision has of its own, where the plan creates one."""
    newest: str = ""
    """The newest revision when the plan was made: a newer one is ours, or somebody else's."""
    tag: str = ""
    """The tag that the new revision gets while it is tried or kept for debugging."""
    policy: Policy | None = None
    scaling: Scaling | None = None
    """What to write instead of traffic, where the plan is about instances."""
    scaling_before: Scaling | None = None
    build: SourceBuild | None = None
    """What the new revision is built from, where the plan deploys a function from source."""


class RefusalReason(StrEnum):
    ALREADY_DONE = "already-done"
    """What was asked for is so already; not an error."""
    NO_TARGET = "no-target"
    NOT_READY = "not-ready"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not-found"
    UNREADABLE = "unreadable"
    """The data a plan needs could not be read."""
    INVALID = "invalid"
    """What was asked for makes no sense, such as 120 % or a limit that is no quantity."""
    NOTHING_TO_UNDO = "nothing-to-undo"
    MUST_NAME = "must-name"
    READ_ONLY = "read-only"
    NOT_APPROVED = "not-approved"
    CHANGED = "changed"
    """The service is no longer as it was when the plan was made."""
    BUSY = "busy"
    """A release of this service is under way."""
    JOURNAL = "journal"
    """The intent could not be recorded."""


class Refusal(Struct, frozen=True):
    """Why there is no plan, or why it is not carried out."""

    reason: RefusalReason
    sentence: str
    candidates: tuple[str, ...] = ()


class Approval(Struct, frozen=True):
    """Proof that the operator accepted this very plan. Made by `session.approvals` alone."""

    plan: Plan
    how: str
    """`none`, `confirm` or `type-name`, and `--yes` or `--confirm` for a command."""
    at: datetime


class Evidence(Struct, frozen=True):
    """Requests of one revision that a judgement rests on."""

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
    """One step of a release as the journal keeps it."""

    at: datetime
    state: ReleaseState
    sentence: str
    operation: str = ""
    """The API's operation name, once there is one."""
    progress: Progress | None = None
    """How far a release of several steps was then."""


class Release(Struct, frozen=True):
    """One change of what serves: its plan, how far it is, and how it ended."""

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
    """The revision it created, once the API has named it."""

    @property
    def promoted(self) -> str:
        """The revision that was to get the traffic; empty for one that was never named."""
        return self.candidate or ("" if self.plan.target == CANDIDATE else self.plan.target)

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def exclusive(self) -> bool:
        """Whether no other release of its service may begin meanwhile; a deletion moves nothing, and keeps nobody."""
        return self.open and self.plan.kind is not ReleaseKind.DELETE


def as_interrupted(release: Release) -> Release:
    """A release of the journal that never ended: whoever carried it out is gone, and it holds nobody up any more."""
    if not release.open:
        return release
    sentence = "its console ended first; check what serves before doing more"
    return replace(release, state=ReleaseState.INTERRUPTED, outcome=sentence)
