"""What holds for every release in steps, whatever the world does meanwhile."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import split_beside
from cfconsole.domain.releases.model import Plan, ReleaseState, Verdict
from cfconsole.domain.releases.planning.deploy import plan_deploy
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.shift import plan_shift
from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.rollout.values import Command, Finish, Rollout, WriteKind
from cfconsole.domain.releases.steps import Answer, GuardPolicy, Policy, Strategy
from tests.builders import full, target
from tests.domain.fleet.test_traffic import known, services, tags
from tests.domain.releases.rollout.rollouts import NEW, QUICK, Cloud, deploy_options, deployed

SHORT = Policy(GuardPolicy(max_wait_s=120, ready_within_s=120), QUICK.probe)

worlds = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "verdict": st.none() | st.sampled_from(Verdict),
            "probe_verdict": st.sampled_from(Verdict),
            "readable": st.booleans(),
            "settles": st.booleans(),
            "command": st.sampled_from((Command.NONE, Command.NONE, Command.NONE, Command.ABORT)),
            "seconds": st.sampled_from((0.0, 2.0, 2.0, 20.0, 600.0, -600.0)),
            "answer": st.sampled_from(Answer),
            "lands": st.booleans(),
            "meddles": st.sampled_from(("", "", "", "", "", "etag", "traffic", "deploy")),
        },
    ),
    max_size=60,
)
strategies = st.sampled_from(Strategy)


class Run:
    """One release through a world that changes at every turn, until it ends."""

    def __init__(self, strategy: Strategy, ready: bool) -> None:
        self.cloud = Cloud()
        self.cloud.ready = ready
        self.rollout: Rollout = new_rollout(deployed(strategy=strategy, policy=SHORT), self.cloud.now)
        self.meddled = False
        self.end: Finish | None = None

    def turn(self, world: dict[str, object]) -> None:
        cloud = self.cloud
        for name in ("verdict", "probe_verdict", "readable", "settles", "command"):
            if name in world:
                setattr(cloud, name, world[name])
        answer, lands = world.get("answer", Answer.ACCEPTED), bool(world.get("lands", True))
        assert isinstance(answer, Answer)
        cloud.answer = lambda decision: answer
        # What was accepted will be done; what was not answered may be.
        cloud.lands = lambda decision: lands or answer is Answer.ACCEPTED
        self.meddle(str(world.get("meddles", "")))
        before = len(cloud.writes)
        seconds = world.get("seconds", 2.0)
        assert isinstance(seconds, float)
        decision = cloud.step(self.rollout, seconds)
        assert not (self.meddled and len(cloud.writes) > before), "somebody else's change was written over"
        if cloud.settles:
            cloud.settle()
        self.rollout = decision.rollout
        self.end = decision if isinstance(decision, Finish) else None

    def meddle(self, how: str) -> None:
        match how:
            case "etag":
                self.cloud.touch()
            case "traffic" | "deploy":
                self.cloud.apply((target("00040", 100),), creates=how == "deploy")
                self.meddled = True

    def calm(self) -> Finish:
        """The world as it should be, until the end."""
        quiet = {"verdict": Verdict.INCONCLUSIVE, "readable": True, "settles": True, "command": Command.NONE}
        for _ in range(1500):
            if self.end:
                return self.end
            self.turn(quiet)
        raise AssertionError(f"no end: {self.cloud.decisions[-1]}")


@settings(max_examples=150, deadline=None)
@given(strategies, st.booleans(), worlds)
def test_it_always_ends_never_writes_over_others_and_every_split_sums_to_100(
    strategy: Strategy, ready: bool, world: list[dict[str, object]]
) -> None:
    run = Run(strategy, ready)
    for turn in world:
        if run.end is None:
            run.turn(turn)
    end = run.calm()
    for write in run.cloud.writes:
        assert sum(line.percent for line in write.targets) == 100
        assert all(line.percent == 0 for line in write.targets if line.tag)
    if run.meddled:
        assert end.state is not ReleaseState.SUCCEEDED or run.cloud.split == {full("00040"): 100}
    if end.state in (ReleaseState.ROLLED_BACK, ReleaseState.ABORTED) and not run.meddled:
        assert run.cloud.split == {full("00042"): 100}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((Strategy.BLUE_GREEN, Strategy.CANARY)), worlds)
def test_nothing_but_healthy_goes_on_by_itself(strategy: Strategy, world: list[dict[str, object]]) -> None:
    run = Run(strategy, True)
    for turn in world:
        healthless = {**turn, "verdict": None if turn.get("verdict") is Verdict.HEALTHY else turn.get("verdict")}
        if run.end is None:
            run.turn(healthless)
    run.calm()
    shares = [line.percent for write in run.cloud.writes for line in write.targets if line.revision == NEW]
    assert all(share in (0, 5) for share in shares), "the first step of a canary is the farthest"
    if strategy is Strategy.CANARY:
        assert not any(write.kind is WriteKind.PROMOTE for write in run.cloud.writes)
    assert run.end
    if not run.meddled:
        assert run.end.state is not ReleaseState.SUCCEEDED


@settings(max_examples=60, deadline=None)
@given(strategies, st.integers(0, 60))
def test_an_abort_from_any_state_ends_in_what_served_before(strategy: Strategy, turns: int) -> None:
    run = Run(strategy, True)
    for _ in range(turns):
        if run.end is None:
            run.turn({"verdict": Verdict.HEALTHY})
    if run.end is None:
        run.cloud.command = Command.ABORT
        end = run.cloud.run(run.rollout)
        assert end.state is ReleaseState.ABORTED
        assert run.cloud.split == {full("00042"): 100}


@settings(max_examples=100, deadline=None)
@given(strategies, services(), st.integers(0, 400))
def test_tags_survive_whatever_becomes_of_the_release(strategy: Strategy, of: Service, turns: int) -> None:
    cloud = Cloud()
    cloud.command = Command.NONE
    made = _deployed_over(of, strategy)
    cloud.service, cloud.revisions = made[0].service, made[0].revisions
    rollout = new_rollout(made[1], cloud.now)
    for turn in range(400):
        cloud.command = Command.ABORT if turn >= turns else Command.NONE
        decision = cloud.step(rollout)
        if isinstance(decision, Finish):
            break
        rollout = decision.rollout
    for write in cloud.writes:
        assert tags(made[0].service.desired) <= tags(write.targets)
        assert sum(line.percent for line in write.targets) == 100


def _deployed_over(of: Service, strategy: Strategy) -> tuple[PlanFacts, Plan]:
    found = known(of)
    made = plan_deploy(found, deploy_options(strategy=strategy))
    assert isinstance(made, Plan)
    return found, made


@given(services(), st.integers(0, 100))
def test_a_share_beside_the_others_leaves_their_proportions(of: Service, percent: int) -> None:
    split = split_beside("new", percent, of.effective, of.desired)
    assert sum(line.percent for line in split) == 100
    before = {share.revision: share.percent for share in of.serving}
    after = {line.revision: line.percent for line in split if line.percent}
    assert all(abs(after.get(name, 0) - share * (100 - percent) / 100) < 1 for name, share in before.items())


@given(services(), st.dictionaries(st.sampled_from(("00044", "00043", "00042")), st.integers(0, 40), min_size=1))
def test_a_split_by_hand_sums_to_100_keeps_tags_and_says_what_was_asked(of: Service, shares: dict[str, int]) -> None:
    made = plan_shift(known(of), list(shares.items()))
    if isinstance(made, Plan):
        assert sum(line.percent for line in made.after) == 100
        assert tags(made.after) == tags(of.desired)
        after = {line.revision: line.percent for line in made.after if line.percent}
        assert all(after.get(full(name), 0) == percent for name, percent in shares.items())
