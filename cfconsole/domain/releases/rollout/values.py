"""Input and output of the state machine of a release: observations, and decisions with the state to continue from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.fleet.traffic import CANDIDATE, Target
from cfconsole.domain.releases.model import Plan, ReleaseState
from cfconsole.domain.releases.rollout.probes import ProbeResult
from cfconsole.domain.releases.rollout.step_judgement import Judgement
from cfconsole.domain.releases.steps import Policy, Progress, Scaling, Step, TemplateChange
from cfconsole.domain.source.function_builds import BuildState


class Rollout(Struct, frozen=True):
    """An open release in steps: its plan and its progress."""

    plan: Plan
    progress: Progress

    @property
    def policy(self) -> Policy:
        return self.plan.policy or Policy()

    @property
    def step(self) -> Step:
        return self.plan.steps[self.progress.step]

    @property
    def is_last_step(self) -> bool:
        return self.progress.step == len(self.plan.steps) - 1

    @property
    def is_untouched(self) -> bool:
        """Whether no write of ours is known to have been applied."""
        return self.progress.generation == self.plan.generation

    @property
    def is_single_write(self) -> bool:
        """Whether it is a single write, such as a rollback: the revision before it may be the bad one."""
        return self.plan.strategy is None and self.plan.build is None

    def with_progress(self, **changes: Any) -> Rollout:
        return replace(self, progress=replace(self.progress, **changes))


class Command(StrEnum):
    """What an operator commands an open release to do."""

    NONE = "none"
    ABORT = "abort"
    PROMOTE = "promote"
    """All traffic to the new revision now."""
    CONTINUE = "go-on"
    """Go to the next step, whatever the evidence says."""


class Observation(Struct, frozen=True):
    """What was read just now. Decisions to write rest on nothing older."""

    service: Service | None
    """`None`: it could not be read."""
    revisions: tuple[Revision, ...] = ()
    judgement: Judgement | None = None
    probe: ProbeResult | None = None
    """The result of the last probe."""
    operation_error: str = ""
    """Why the operation of the last write failed."""
    command: Command = Command.NONE
    attended: bool = False
    """Whether an operator is watching who can answer."""
    read_error: str = ""
    """Why the service could not be read."""
    build: BuildState | None = None
    """The state of a function's build; `None` if it could not be read or there is none."""
    build_error: str = ""

    def revision(self, name: str) -> Revision | None:
        return next((revision for revision in self.revisions if revision.name == name), None)


class Wait(Struct, frozen=True):
    """Nothing to do until the next observation."""

    rollout: Rollout
    sentence: str
    poll_after_s: float
    left_s: float = 0.0
    """How much longer the bake takes."""
    asks: bool = False
    """Whether it waits for a command of the operator."""


class SendProbe(Struct, frozen=True):
    """Probe the new revision; the result goes into the next observation under this number."""

    rollout: Rollout
    number: int
    url: str
    sentence: str


class WriteKind(StrEnum):
    STEP = "step"
    PROMOTE = "promote"
    """The last step: all traffic to the new revision."""
    RESTORE = "restore"
    """The previous split."""
    BUILD = "build"
    """A function is to be built from source; the split is not written."""


class SendWrite(Struct, frozen=True):
    """Send this write: record the intention in the journal, write to the cloud, then call `with_answer`."""

    kind: WriteKind
    rollout: Rollout
    targets: tuple[Target, ...]
    mask: tuple[str, ...]
    etag: str
    sentence: str
    change: TemplateChange | None = None
    """The change of the template, if the mask has it."""
    scaling: Scaling | None = None
    """The instances to set, if the mask has them."""


class Finish(Struct, frozen=True):
    """The release is over; nothing more is written."""

    rollout: Rollout
    state: ReleaseState
    outcome: str


Decision: TypeAlias = Wait | SendProbe | SendWrite | Finish


def named_candidate(plan: Plan) -> str:
    """The revision that takes the traffic, if the plan names it."""
    return "" if plan.target == CANDIDATE else plan.target
