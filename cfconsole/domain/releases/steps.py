"""Owns the parts of a release that takes more than one write: what is changed, in which steps, and how far it is.

All of them are kept in the journal with their release, so none of them holds a secret: variables are told by name.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from cfconsole.domain.fleet.traffic import CANDIDATE as CANDIDATE
from cfconsole.domain.fleet.traffic import TRAFFIC_MASK as TRAFFIC_MASK
from cfconsole.domain.fleet.traffic import Target

CREATE_MASK = ("template", "traffic")
"""A template alone, on a service that follows LATEST, would take all traffic at once."""
SCALING_MASK = ("scaling.min_instance_count", "scaling.max_instance_count")


class Strategy(StrEnum):
    ALL_AT_ONCE = "all-at-once"
    BLUE_GREEN = "blue-green"
    """No traffic and a tag; a probe of the tag's URL; then everything at once."""
    CANARY = "canary"
    """A few percent first, and more as long as it is well."""


class EnvChange(Struct, frozen=True):
    """One variable that is set or removed. The value itself never stands in a plan."""

    name: str
    shown: str = ""
    """The value if it is clearly harmless, else a mask."""
    removed: bool = False


class TemplateChange(Struct, frozen=True):
    """What a new revision has otherwise than the template it is made from; what is empty stays as it is."""

    container: str = ""
    """The container's name; empty for the only one."""
    image: str = ""
    env: tuple[EnvChange, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    restart: str = ""
    """A mark that makes an unchanged template a new revision; empty for a deploy."""


class Scaling(Struct, frozen=True):
    """Instances of the whole service, whatever its revisions say. No maximum: only theirs and the API's count."""

    min_instances: int = 0
    max_instances: int | None = None


class StepKind(StrEnum):
    CREATE = "create"
    """Creates the new revision; done once it is Ready."""
    BUILD = "build"
    """Has the function built anew, by the cloud; done once its revision is there."""
    TAG = "tag"
    """Gives the Ready revision a URL of its own, and no traffic."""
    SHIFT = "shift"
    PROMOTE = "promote"
    """Gives the new revision everything; the last step."""


class Step(Struct, frozen=True):
    """One write of a release, and what has to be true before the next one."""

    kind: StepKind
    label: str
    targets: tuple[Target, ...]
    """The whole split to write, `CANDIDATE` where the new revision stands."""
    mask: tuple[str, ...] = TRAFFIC_MASK
    probe: bool = False
    """Whether the new revision must answer a probe before this step is written."""
    bake_s: float = 0.0
    """How long the split is watched before it counts as healthy; 0: it is not watched."""
    must_be_healthy: bool = True
    """Whether the release goes on only if the step is Healthy; else it suffices that it is not Unhealthy."""


class ProbePolicy(Struct, frozen=True):
    """How the new revision is asked whether it is well, over HTTP."""

    paths: tuple[str, ...] = ("/health", "/")
    """Tried in order; a path that is not found yields to the next one."""
    min_ready_s: float = 30.0
    attempts: int = 8
    in_a_row: int = 2
    """So many probes one after the other must pass: an endpoint that flaps is not well."""
    pause_s: float = 1.0
    pause_at_most_s: float = 30.0
    timeout_s: float = 10.0


class GuardPolicy(Struct, frozen=True):
    """When a step counts as healthy, and how long the release waits for it."""

    ceiling: float = 0.01
    """The share of 5xx answers a revision may give, whatever the others do."""
    min_requests: int = 200
    max_wait_s: float = 1800.0
    """After so long an Inconclusive step holds where somebody looks on, and is restored where nobody does."""
    ready_within_s: float = 900.0


class OnDisconnect(StrEnum):
    """What becomes of a release that nobody looks at any more."""

    FINISH = "finish"
    HOLD = "hold"
    """The step under way is finished; the next one waits until somebody looks on again."""
    RESTORE = "restore"


class Policy(Struct, frozen=True):
    """How a release is judged and what it does by itself."""

    guard: GuardPolicy = GuardPolicy()
    probe: ProbePolicy = ProbePolicy()
    on_disconnect: OnDisconnect = OnDisconnect.FINISH
    delete_failed: bool = False
    """Whether a new revision that was taken back is deleted, where Cloud Run allows it, instead of kept by a tag."""


class Phase(StrEnum):
    WRITE = "write"
    """The step is to be written next, after a probe where it asks for one."""
    SETTLE = "settle"
    """A write was sent, or may have been; it has to be seen in the service, and to serve."""
    BAKE = "bake"
    RESTORE = "restore"
    """What served before is to be written next."""


class Answer(StrEnum):
    """What the API said to a write."""

    NONE = "none"
    """Not known: the write was intended, and whoever sent it did not live to tell."""
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    """Nothing was written: the etag was no longer current."""
    REFUSED = "refused"
    """Nothing was written, and asking again would not help."""
    UNKNOWN = "unknown"
    """It may have been applied or not."""


class Write(Struct, frozen=True):
    """One write that was intended; it is read back, never resent while its outcome is unknown."""

    targets: tuple[Target, ...]
    from_generation: int
    sent_at: datetime
    restores: bool = False
    answer: Answer = Answer.NONE
    operation: str = ""
    trouble: str = ""


class Progress(Struct, frozen=True):
    """How far a release is: enough to go on with it in another process."""

    generation: int
    """The generation that was left by the last write of ours, or that the plan was made from."""
    targets: tuple[Target, ...]
    """The desired split of that moment."""
    step: int = 0
    phase: Phase = Phase.WRITE
    candidate: str = ""
    """The new revision, once the API has named it."""
    write: Write | None = None
    tries: int = 0
    """Writes of this step, or of the restore, that are known not to have been applied."""
    seen_at: datetime | None = None
    """The clock when it was last looked at."""
    effective_at: datetime | None = None
    """Since when the step's split serves and is watched without interruption."""
    ready_at: datetime | None = None
    baked_s: float = 0.0
    waited_s: float = 0.0
    """Spent in this phase. Time in which nobody watched counts as little."""
    unread_s: float = 0.0
    """How long the service could not be read."""
    probes: int = 0
    """Probes of this step that were answered."""
    passed: int = 0
    """Probes that passed one after the other."""
    probe_at: datetime | None = None
    """When the last one was."""
    cause: str = ""
    """Why what served before is put back."""
    aborted: bool = False
    """Whether an operator wished it so, and nothing failed."""
    stages: str = ""
    """How far the build of a function is, in words."""
