"""Releases under way as the session shows them, at moments of the test's clock."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import (
    Evidence,
    Refusal,
    RefusalReason,
    Release,
    ReleaseEvent,
    ReleaseState,
    Verdict,
)
from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.rollout.recovery import Recovery, RecoveryOption
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource, Judgement
from cfconsole.domain.releases.steps import Strategy
from cfconsole.session.state.console_state import ConsoleState
from tests.ui.plans import deploy_plan
from tests.ui.shop import BILLING, ORDERS, ago

NEW = "orders-api-00043"
HEALTHY = "healthy: 5xx 0.1 % of 412 requests, baseline 0.1 % of 7300; from the request log, 4 s old"


def under_way(step: int = 2, *, name: str = "r-9", key: ServiceKey = ORDERS) -> Release:
    """A canary of 00043 at that step, from 1, that began three minutes ago."""
    plan = replace(deploy_plan(Strategy.CANARY), service=key)
    begun = replace(new_rollout(plan, ago(minutes=3)).progress, candidate=NEW)
    sentences = (
        "writing create without traffic",
        "orders-api-00043 is Ready",
        *(f"writing {s.label}" for s in plan.steps[1:]),
    )
    events = tuple(
        ReleaseEvent(
            ago(seconds=170 - 30 * at), ReleaseState.RUNNING, sentence, progress=replace(begun, step=max(0, at - 1))
        )
        for at, sentence in enumerate(sentences[: step + 1])
    )
    return Release(name, plan, "ops@shop", ago(minutes=3), ReleaseState.VERIFYING, events=events, candidate=NEW)


def sample_judgement(verdict: Verdict = Verdict.HEALTHY, sentence: str = HEALTHY) -> Judgement:
    return Judgement(
        verdict, sentence, ago(seconds=30), EvidenceSource.REQUEST_LOG, 4.0, 0.0, Evidence(412, 0), Evidence(7300, 7)
    )


def sample_progress(
    step: int = 2, left_s: float = 92.0, *, asks: bool = False, judgement: Judgement | None = None
) -> ReleaseProgress:
    label = deploy_plan().steps[step - 1].label
    sentence = f"{label}: 1 min 32 s to go; {HEALTHY}"
    return ReleaseProgress(ago(seconds=0), step, 5, label, sentence, left_s, asks, judgement or sample_judgement())


def with_releases(state: ConsoleState, *releases: Release, **progress: ReleaseProgress) -> ConsoleState:
    """The state with these releases; progress by id with `_` for `-`."""
    by_id = {name.replace("_", "-"): value for name, value in progress.items()}
    return replace(state, releases=releases, progress=by_id)


def left_behind() -> Release:
    """One of `billing` whose console is gone."""
    plan = replace(deploy_plan(), service=BILLING)
    progress = replace(new_rollout(plan, ago(minutes=20)).progress, candidate="billing-00013", step=2)
    event = ReleaseEvent(ago(minutes=20), ReleaseState.RUNNING, "writing canary 25 %", progress=progress)
    why = "its console ended first; check what serves before doing more"
    return Release("r-8", plan, "ci@shop", ago(minutes=24), ReleaseState.INTERRUPTED, outcome=why, events=(event,))


def recovery(release: Release) -> Recovery:
    """Too late to resume."""
    way = RecoveryOption(new_rollout(release.plan, ago()), "restore 00042 100 %: writing what served before")
    old = Refusal(RefusalReason.CHANGED, "it was interrupted 20 min ago; abort it, or leave it and start again")
    return Recovery(old, way, "traffic stays as it is: 00043 25 %, 00042 75 %")
