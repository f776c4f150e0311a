"""Makes the plans of one console, at once from what is on screen, and again from a fresh read by the same question."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.domain.planning import PlanFacts
from cfconsole.domain.release_kinds import ReleaseKind
from cfconsole.domain.releases import Plan, Refusal
from cfconsole.domain.services import ServiceKey
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import facts_of, make_plan, read_facts, under_way, unreadable
from cfconsole.session.ports import ClockPort, ServicesPort

if TYPE_CHECKING:
    from cfconsole.domain.deploy_wish import DeployWish
    from cfconsole.domain.release_steps import Policy

REMEMBERED = 8
"""Plans that may be asked for again: more dialogs are never open. Values of variables are remembered with them."""

Ask = Callable[[PlanFacts], Plan | Refusal]


class Planner:
    """What was asked is remembered with each plan, for a plan alone does not say it: values of variables, for one."""

    def __init__(self, live: LiveState, clock: ClockPort) -> None:
        self._live = live
        self._clock = clock
        self._asked: deque[tuple[Plan, Ask]] = deque(maxlen=REMEMBERED)

    def plan(self, kind: ReleaseKind, key: ServiceKey, *, bad: str = "", target: str = "") -> Plan | Refusal:
        return self._plan(key, lambda facts: make_plan(kind, facts, bad=bad, target=target))

    def deploy(self, key: ServiceKey, wish: DeployWish) -> Plan | Refusal:
        from cfconsole.domain.deploy_planning import plan_deploy

        return self._plan(key, lambda facts: plan_deploy(facts, wish))

    def restart(self, key: ServiceKey, policy: Policy | None, bake_s: float) -> Plan | Refusal:
        from cfconsole.domain.deploy_planning import plan_restart

        mark = f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}"
        return self._plan(key, lambda facts: plan_restart(facts, mark, policy, bake_s))

    def shift(
        self,
        key: ServiceKey,
        shares: Sequence[tuple[str, int]],
        tags: Sequence[tuple[str, str]],
        untag: Sequence[str],
    ) -> Plan | Refusal:
        from cfconsole.domain.shift_planning import plan_shift

        return self._plan(key, lambda facts: plan_shift(facts, shares, tags=tags, untag=untag))

    def promote(self, key: ServiceKey, revision: str) -> Plan | Refusal:
        from cfconsole.domain.shift_planning import plan_promote

        return self._plan(key, lambda facts: plan_promote(facts, revision))

    def scale(self, key: ServiceKey, minimum: int | None, maximum: int | None) -> Plan | Refusal:
        from cfconsole.domain.scale_planning import plan_scale

        return self._plan(key, lambda facts: plan_scale(facts, minimum=minimum, maximum=maximum))

    def asked(self, key: ServiceKey, ask: Ask) -> Plan | Refusal:
        """The answer to any question about a service."""
        return self._plan(key, ask)

    async def again(self, services: ServicesPort, plan: Plan) -> Plan | Refusal:
        """The same question asked of a fresh read."""
        try:
            facts = await read_facts(services, self._live, self._clock, plan.service)
        except CloudError as error:
            return unreadable(error)
        return self._remembered(self._question(plan), facts)

    def _plan(self, key: ServiceKey, ask: Ask) -> Plan | Refusal:
        refusal = under_way(self._live.now, key)
        if refusal:
            return refusal
        facts = facts_of(self._live.now, key)
        return facts if isinstance(facts, Refusal) else self._remembered(ask, facts)

    def _remembered(self, ask: Ask, facts: PlanFacts) -> Plan | Refusal:
        plan = ask(facts)
        if isinstance(plan, Plan):
            self._asked.append((plan, ask))
        return plan

    def _question(self, plan: Plan) -> Ask:
        """What a plan answers. A rollback names its bad revision by itself, so it is asked for that one again."""
        asked = next((ask for known, ask in reversed(self._asked) if known == plan), None)
        if asked and plan.kind is not ReleaseKind.ROLLBACK:
            return asked
        return lambda facts: make_plan(plan.kind, facts, bad=plan.bad, target=plan.asked_target)
