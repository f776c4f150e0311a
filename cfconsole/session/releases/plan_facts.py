"""The facts a plan is made from: from the state at once, or from a fresh read."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.alerts import Suspect
from cfconsole.domain.releases.model import Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import RevisionsArrived, ServiceChanged


def facts_of(state: ConsoleState, key: ServiceKey) -> PlanFacts | Refusal:
    """The facts about a service in the state."""
    service = state.services.get(key)
    if service is None:
        return Refusal(RefusalReason.NOT_FOUND, f"No service {key} was found; refresh and try again")
    return PlanFacts(
        service=service,
        revisions=state.revisions.get(key, ()),
        history=tuple(release for release in state.releases if release.plan.service == key),
        metrics=state.metrics.get(key),
        suspect=suspect_of(state, key),
    )


async def read_facts(services: ServicesPort, store: StateStore, clock: ClockPort, key: ServiceKey) -> PlanFacts:
    """Reads the service and its revisions, posts them, and adds the facts in the state. Raises `CloudError`."""
    service, revisions = await asyncio.gather(services.get_service(key), services.list_revisions(key))
    at = clock.now()
    store.post(ServiceChanged(at, service))
    store.post(RevisionsArrived(at, key, revisions))
    facts = facts_of(store.state, key)
    # The service as it was read, not the equal one in the state: its `read_at` shows how fresh it is.
    return replace(facts, service=service) if isinstance(facts, PlanFacts) else PlanFacts(service, revisions)


def suspect_of(state: ConsoleState, key: ServiceKey) -> Suspect | None:
    """The suspect the screen shows for a service."""
    if key in state.suspects:
        return state.suspects[key]
    named = (alert.suspect for alert in state.alerts if alert.service == key and alert.suspect)
    return next(named, None)


def busy_refusal(state: ConsoleState, key: ServiceKey) -> Refusal | None:
    """The refusal while a release of the service is under way: two at a time would work against each other."""
    if any(release.exclusive and release.plan.service == key for release in state.releases):
        sentence = f"A release of {key.name} is in progress; wait until it ends"
        return Refusal(RefusalReason.BUSY, sentence)
    return None


def read_refusal(error: CloudError) -> Refusal:
    return Refusal(RefusalReason.UNREADABLE, f"The service could not be read again: {error.sentence}")
