"""Owns what goes into the machine of a release and what comes out: observations, and decisions that carry its state."""

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
    """A release in steps on its way: its plan, and how far it is."""

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
        """Whether it is one write of an operator, as a rollback is: what served before it may be the bad revision."""
        return self.plan.strategy is None and self.plan.build is None

    def with_progress(self, **changes: Any) -> Rollout:
        return replace(self, progress=replace(self.progress, **changes))


class Command(StrEnum):
    """What an operator wants of a release under way."""

    NONE = "none"
    ABORT = "abort"
    PROMOTE = "promote"
    """Everything to the new revision now."""
    CONTINUE = "go-on"
    """To the next step, whatever the evidence says."""


class Observation(Struct, frozen=True):
    """What was read just now. A decision to write rests on nothing older."""

    service: Service | None
    """`None`: it could not be read."""
    revisions: tuple[Revision, ...] = ()
    judgement: Judgement | None = None
    probe: ProbeResult | None = None
    """The outcome of the probe that was asked for last."""
    operation_error: str = ""
    """Why the operation of the last write failed."""
    command: Command = Command.NONE
    attended: bool = False
    """Whether somebody looks on who can be asked."""
    read_error: str = ""
    """Why the service could not be read."""
    build: BuildState | None = None
    """How far a function's build is; `None`: it could not be read, or there is none."""
    build_error: str = ""

    def revision(self, name: str) -> Revision | None:
        return next((revision for revision in self.revisions if revision.name == name), None)


class Wait(Struct, frozen=True):
    """Nothing to do but to look again."""

    rollout: Rollout
    sentence: str
    poll_after_s: float
    left_s: float = 0.0
    """How long the bake still takes, if nothing happens."""
    asks: bool = False
    """Whether it goes on only once the operator has said what to do."""


class SendProbe(Struct, frozen=True):
    """Ask the new revision whether it is well; the outcome goes into the next observation under this number."""

    rollout: Rollout
    number: int
    url: str
    sentence: str


class WriteKind(StrEnum):
    STEP = "step"
    PROMOTE = "promote"
    """The last step, which gives the new revision everything."""
    RESTORE = "restore"
    """What served before."""
    BUILD = "build"
    """No split: a function is to be built from source."""


class SendWrite(Struct, frozen=True):
    """Write this: to disk that it is intended, then to the cloud, then `answered`."""

    kind: WriteKind
    rollout: Rollout
    targets: tuple[Target, ...]
    mask: tuple[str, ...]
    etag: str
    sentence: str
    change: TemplateChange | None = None
    """What to change in the template, where the mask has it."""
    scaling: Scaling | None = None
    """The instances to set, where the mask has them."""


class Finish(Struct, frozen=True):
    """The release is over; nothing more is written."""

    rollout: Rollout
    state: ReleaseState
    outcome: str


Decision: TypeAlias = Wait | SendProbe | SendWrite | Finish


def named_candidate(plan: Plan) -> str:
    """The revision that takes the traffic, where the plan knows it already."""
    return "" if plan.target == CANDIDATE else plan.target
