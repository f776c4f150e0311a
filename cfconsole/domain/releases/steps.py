"""The parts of a release in steps: the change, the steps, the policy and the progress.

All of them are stored in the journal, so none of them holds a secret: variables appear by name.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from cfconsole.domain.fleet.traffic import CANDIDATE as CANDIDATE
from cfconsole.domain.fleet.traffic import TRAFFIC_MASK as TRAFFIC_MASK
from cfconsole.domain.fleet.traffic import Target

CREATE_MASK = ("template", "traffic")
"""With the template alone, a service that follows LATEST would move all traffic at once."""
SCALING_MASK = ("scaling.min_instance_count", "scaling.max_instance_count")


class Strategy(StrEnum):
    ALL_AT_ONCE = "all-at-once"
    BLUE_GREEN = "blue-green"
    """A tag without traffic, a probe of the tag's URL, then all traffic at once."""
    CANARY = "canary"
    """A few percent first, then more as long as the revision is healthy."""


class EnvChange(Struct, frozen=True):
    """One variable that is set or removed. Its value is never part of a plan."""

    name: str
    display: str = field(default="", name="shown")
    """The value if it is clearly harmless, else a mask."""
    removed: bool = False


class TemplateChange(Struct, frozen=True):
    """How a new revision differs from the template it is made from. Empty fields stay as they are."""

    container: str = ""
    """The container's name; empty for the only one."""
    image: str = ""
    env: tuple[EnvChange, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    restart: str = ""
    """A mark that makes an unchanged template a new revision; empty for a deploy."""


class Scaling(Struct, frozen=True):
    """Instances of the whole service. Without a maximum those of the revisions and of the API apply."""

    min_instances: int = 0
    max_instances: int | None = None


class StepKind(StrEnum):
    CREATE = "create"
    """Creates the new revision. Done once that is Ready."""
    BUILD = "build"
    """Has the cloud build the function. Done once its revision exists."""
    TAG = "tag"
    """Gives the Ready revision its own URL without traffic."""
    SHIFT = "shift"
    PROMOTE = "promote"
    """Gives the new revision all traffic; the last step."""


class Step(Struct, frozen=True):
    """One write of a release, and what must hold before the next one."""

    kind: StepKind
    label: str
    targets: tuple[Target, ...]
    """The whole split to write, with `CANDIDATE` for the new revision."""
    mask: tuple[str, ...] = TRAFFIC_MASK
    probe: bool = False
    """Whether the new revision must answer a probe before this step is written."""
    bake_s: float = 0.0
    """How long the split is watched before it counts as healthy; 0: not at all."""
    must_be_healthy: bool = True
    """Whether the release continues only if the step is Healthy; else anything but Unhealthy suffices."""


class ProbePolicy(Struct, frozen=True):
    """How the new revision is probed over HTTP."""

    paths: tuple[str, ...] = ("/health", "/")
    """Tried in order: the next path where one is not found."""
    min_ready_s: float = 30.0
    attempts: int = 8
    in_a_row: int = 2
    """How many probes in a row must pass; an endpoint that flaps is not healthy."""
    pause_s: float = 1.0
    max_pause_s: float = field(default=30.0, name="pause_at_most_s")
    timeout_s: float = 10.0


class GuardPolicy(Struct, frozen=True):
    """When a step counts as healthy, and how long the release waits for it."""

    ceiling: float = 0.01
    """The share of 5xx answers that is always acceptable, whatever the other revisions do."""
    min_requests: int = 200
    max_wait_s: float = 1800.0
    """After so long an Inconclusive step asks an attending operator, or is restored if nobody attends."""
    ready_within_s: float = 900.0


class OnDisconnect(StrEnum):
    """What becomes of a release when nobody is watching any more."""

    FINISH = "finish"
    HOLD = "hold"
    """The current step is finished; the next one waits until somebody watches again."""
    RESTORE = "restore"


class Policy(Struct, frozen=True):
    """How a release is judged and what it does automatically."""

    guard: GuardPolicy = GuardPolicy()
    probe: ProbePolicy = ProbePolicy()
    on_disconnect: OnDisconnect = OnDisconnect.FINISH
    delete_failed: bool = False
    """Whether a failed new revision is deleted, where Cloud Run allows it, instead of kept under a tag."""


class Phase(StrEnum):
    WRITE = "write"
    """The step is to be written next, after its probe if it has one."""
    SETTLE = "settle"
    """A write was sent, or may have been. It must show in the service and take effect."""
    BAKE = "bake"
    RESTORE = "restore"
    """The previous split is to be written next."""


class Answer(StrEnum):
    """The API's answer to a write."""

    NONE = "none"
    """No answer: the process ended before the API answered, or before the write was sent."""
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    """Nothing was written: the etag was no longer current."""
    REFUSED = "refused"
    """Nothing was written, and trying again would not help."""
    UNKNOWN = "unknown"
    """The write may have been applied or not."""


class Write(Struct, frozen=True):
    """One intended write. While its outcome is unknown, the service is read back and nothing is resent."""

    targets: tuple[Target, ...]
    from_generation: int
    sent_at: datetime
    restores: bool = False
    answer: Answer = Answer.NONE
    operation: str = ""
    error: str = field(default="", name="trouble")
    """Why it was not applied, or may not have been."""


class Progress(Struct, frozen=True):
    """The progress of a release: enough to continue it in another process."""

    generation: int
    """The generation after our last write, or that of the plan."""
    targets: tuple[Target, ...]
    """The desired split at that generation."""
    step: int = 0
    phase: Phase = Phase.WRITE
    candidate: str = ""
    """The new revision, once the API has named it."""
    write: Write | None = None
    tries: int = 0
    """How many writes of this step, or of the restore, are known not to have been applied."""
    seen_at: datetime | None = None
    """The time of the last observation."""
    effective_at: datetime | None = None
    """Since when the split of the step serves and is watched without interruption."""
    ready_at: datetime | None = None
    baked_s: float = 0.0
    waited_s: float = 0.0
    """Time in this phase, hardly counting time in which no process watched."""
    unread_s: float = 0.0
    """For how long the service could not be read."""
    probes: int = 0
    """How many probes of this step were answered."""
    passed: int = 0
    """How many probes passed in a row."""
    probe_at: datetime | None = None
    """The time of the last probe."""
    cause: str = ""
    """Why the previous split is restored."""
    aborted: bool = False
    """Whether an operator aborted the release, rather than a failure."""
    stages: str = ""
    """The stages of a function's build, in words."""
