"""Plans of the shop's `orders-api` as the real planners make them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Plan, Refusal
from cfconsole.domain.releases.planning.deploy import DeployOptions, plan_deploy
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.steps import Strategy
from cfconsole.session.state.console_state import ConsoleState
from tests.ui.shop import ORDERS, shop

IMAGE = "europe-docker.pkg.dev/shop/orders-api:ok-43"


def facts(key: ServiceKey = ORDERS, state: ConsoleState | None = None) -> PlanFacts:
    state = state or shop()
    history = tuple(release for release in state.releases if release.plan.service == key)
    return PlanFacts(state.services[key], state.revisions.get(key, ()), history, state.metrics.get(key))


def planned(answer: Plan | Refusal) -> Plan:
    assert isinstance(answer, Plan), answer
    return answer


def deploy_plan(strategy: Strategy = Strategy.CANARY, **changes: Any) -> Plan:
    options = DeployOptions(IMAGE, env=(("LOG_LEVEL", "debug"), ("API_KEY", "s3cret-s3cret")), strategy=strategy)
    return planned(plan_deploy(facts(), replace(options, **changes)))
