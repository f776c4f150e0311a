"""A Cloud Run of values for releases in steps: it takes writes, names revisions, and drives the machine to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Condition, Revision, Service
from cfconsole.domain.fleet.traffic import Share, Target
from cfconsole.domain.releases.model import Evidence, Plan, ReleaseState, Verdict
from cfconsole.domain.releases.planning.deploy import DeployOptions, plan_deploy
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision, with_answer
from cfconsole.domain.releases.rollout.probes import ProbeResult
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource, Judgement
from cfconsole.domain.releases.rollout.values import (
    Command,
    Decision,
    Finish,
    Observation,
    Rollout,
    SendProbe,
    SendWrite,
    Wait,
    WriteKind,
)
from cfconsole.domain.releases.steps import Answer, Policy, ProbePolicy, Scaling, Strategy
from tests.builders import NOW, full, revision, revisions, service

NEW = full("00043")
QUICK = Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
IMAGE = "us-docker.pkg.dev/shop/api/orders:ok-2"


def deploy_options(**changes: Any) -> DeployOptions:
    """A canary of a new image that bakes for a minute at 5, 50 and 100 %."""
    built = DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(5, 50, 100), bake_s=60, policy=QUICK)
    return replace(built, **changes)


def deployed(of: Service | None = None, **changes: Any) -> Plan:
    plan = plan_deploy(PlanFacts(of or service(), revisions()), deploy_options(**changes))
    assert isinstance(plan, Plan), plan
    return plan


def verdict(is_: Verdict, since: datetime, **changes: Any) -> Judgement:
    built = Judgement(is_, f"{is_}: as was read", since, EvidenceSource.REQUEST_LOG, candidate=Evidence(500, 0))
    return replace(built, **changes)


class Cloud:
    """One service. Its fields may be set at any time, as trouble comes at any time."""

    def __init__(self, of: Service | None = None) -> None:
        self.service = of or service()
        self.revisions = revisions()
        self.now = NOW
        self.ready = True
        """Whether a new revision becomes Ready; else it fails."""
        self.settles = True
        """Whether what is asked for comes to serve."""
        self.verdict: Verdict | None = Verdict.HEALTHY
        self.probe_verdict = Verdict.HEALTHY
        self.probed: ProbeResult | None = None
        self.command = Command.NONE
        self.attended = False
        self.readable = True
        self.answer: Callable[[SendWrite], Answer] = lambda decision: Answer.ACCEPTED
        self.lands: Callable[[SendWrite], bool] = lambda decision: True
        self.writes: list[SendWrite] = []
        self.decisions: list[Decision] = []

    @property
    def split(self) -> dict[str, int]:
        """What serves, by name."""
        return {share.revision: share.percent for share in self.service.serving}

    @property
    def tags(self) -> set[tuple[str, str]]:
        return {(line.tag, line.revision) for line in self.service.desired if line.tag}

    def see(self, rollout: Rollout) -> Observation:
        since = rollout.progress.effective_at or self.now
        judged = verdict(self.verdict, since) if self.verdict else None
        of = self.service if self.readable else None
        return Observation(of, self.revisions, judged, self.probed, "", self.command, self.attended)

    def take(self, decision: SendWrite) -> Rollout:
        """One write with its answer; an etag that moved is refused whatever the script says."""
        answer = self.answer(decision)
        if decision.etag != self.service.etag:
            return with_answer(decision.rollout, Answer.CONFLICT, error="the etag moved")
        self.writes.append(decision)
        if answer not in (Answer.CONFLICT, Answer.REFUSED) and self.lands(decision):
            self.apply(decision.targets, creates="template" in decision.mask, scaling=decision.scaling)
        return with_answer(
            decision.rollout, answer, operation="op", error="" if answer is Answer.ACCEPTED else "no luck"
        )

    def apply(self, targets: tuple[Target, ...], *, creates: bool = False, scaling: Scaling | None = None) -> None:
        """What the API does with a write, ours or anybody's."""
        if scaling:
            least, most = scaling.min_instances, scaling.max_instances
            self.service = replace(self.service, min_instances=least, max_instances=most)
        generation = self.service.generation + 1
        self.service = replace(self.service, generation=generation, etag=f'"e-{generation}"', desired=targets)
        if creates:
            self.create()
        self.settle()

    def create(self, **changes: Any) -> None:
        number = f"{int(self.service.latest_created[-5:]) + 1:05}"
        condition = Condition("succeeded") if self.ready else Condition("failed", "", "the container did not start")
        made: Revision = replace(revision(number, image=IMAGE, ready=self.ready, condition=condition), **changes)
        self.revisions = (made, *self.revisions)
        self.service = replace(self.service, latest_created=made.name)
        if self.ready:
            self.service = replace(self.service, latest_ready=made.name)

    def settle(self) -> None:
        if self.settles:
            latest = self.service.latest_ready
            lines = (
                Share(line.revision or latest, line.percent, line.tag, f"https://{line.tag}---x" if line.tag else "")
                for line in self.service.desired
            )
            self.service = replace(self.service, effective=tuple(lines))

    def touch(self) -> None:
        """Only the etag moves."""
        self.service = replace(self.service, etag=f"{self.service.etag}+")

    def step(self, rollout: Rollout, seconds: float = 2.0) -> Decision:
        """One turn: look, decide, do it."""
        self.now += timedelta(seconds=seconds)
        decision = next_decision(rollout, self.see(rollout), self.now)
        self.decisions.append(decision)
        self.probed = None
        match decision:
            case SendWrite():
                return replace(decision, rollout=self.take(decision))
            case SendProbe():
                self.answer_probe(decision)
            case Wait() | Finish():
                pass
        return decision

    def answer_probe(self, decision: SendProbe) -> None:
        self.probed = ProbeResult(decision.number, self.probe_verdict, f"/health: {self.probe_verdict}")

    def run(self, plan: Plan | Rollout, turns: int = 3000, seconds: float = 2.0) -> Finish:
        """To the end."""
        rollout = plan if isinstance(plan, Rollout) else new_rollout(plan, self.now)
        for _ in range(turns):
            decision = self.step(rollout, seconds)
            if isinstance(decision, Finish):
                return decision
            rollout = decision.rollout
        raise AssertionError(f"no end after {turns} turns: {self.decisions[-1]}")

    def until(self, plan: Plan | Rollout, writes: int) -> Rollout:
        """Until so many writes were sent; the answers are in."""
        rollout = plan if isinstance(plan, Rollout) else new_rollout(plan, self.now)
        for _ in range(500):
            if len(self.writes) == writes:
                return rollout
            rollout = self.step(rollout).rollout
        raise AssertionError(f"only {len(self.writes)} writes")


def kind_of(decision: Decision) -> WriteKind | None:
    """What a decision writes; `None` for one that writes nothing."""
    return decision.kind if isinstance(decision, SendWrite) else None


def baking() -> tuple[Cloud, Rollout]:
    """A canary whose first 5 % serve and are watched."""
    cloud = Cloud()
    return cloud, cloud.step(cloud.until(deployed(), 2)).rollout


def ended(cloud: Cloud, plan: Plan | Rollout, state: ReleaseState) -> str:
    """The outcome of a release that ends in that state."""
    end = cloud.run(plan)
    assert end.state is state, end
    return end.outcome
