"""What an update changes in the state, and what it leaves as it was."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.fleet.services import Service, Unreachable
from cfconsole.domain.health.alerts import Alert, AlertSource, Suspect
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.session.releases.plan_facts import suspect_of
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.session.state.reducer import merge_releases, reduce
from cfconsole.session.state.updates import (
    AlertsArrived,
    FeedFailed,
    JournalRead,
    LocalAlertsRaised,
    MetricsArrived,
    ReleaseChanged,
    ReleaseProgressed,
    RevisionsArrived,
    Selected,
    ServiceChanged,
    ServicesArrived,
    Update,
)
from tests import builders
from tests.session.manual_clock import START
from tests.session.scripted import error
from tests.session.shop import CATALOG, ORDERS, PROJECT, RESIZE, fleet, revisions, service, sick_metrics

LATER = START + timedelta(seconds=5)
FULL = reduce(ConsoleState(), ServicesArrived(START, fleet()))


def again(*left_out: Service, unreachable: tuple[Unreachable, ...] = ()) -> ServicesArrived:
    names = {service.key for service in left_out}
    services = tuple(replace(s, read_at=LATER) for s in fleet() if s.key not in names)
    return ServicesArrived(LATER, services, unreachable)


def test_services_that_did_not_change_stay_the_same_objects() -> None:
    state = reduce(FULL, again())
    assert state.services is FULL.services
    assert state.feeds[Feed.SERVICES].read_at == LATER


def test_one_changed_service_leaves_the_others_alone() -> None:
    state = reduce(FULL, ServiceChanged(LATER, service(ORDERS, 43)))
    assert state.services[ORDERS] is not FULL.services[ORDERS]
    assert state.services[CATALOG] is FULL.services[CATALOG]
    assert state.metrics is FULL.metrics


def test_a_service_that_a_whole_read_does_not_list_is_gone() -> None:
    state = reduce(FULL, again(FULL.services[ORDERS]))
    assert ORDERS not in state.services


def test_an_unreachable_region_keeps_its_services_with_their_age() -> None:
    silent = (Unreachable("us-central1", "timed out"),)
    gone = [s for s in fleet() if s.key.region == "us-central1"]
    state = reduce(FULL, again(*gone, unreachable=silent))
    assert set(state.services) == set(FULL.services)
    assert state.services[ORDERS].read_at == START
    much_later = reduce(state, replace(again(*gone, unreachable=silent), at=LATER + timedelta(hours=1)))
    assert much_later.services[ORDERS].read_at == START


def test_a_location_path_names_a_region_too() -> None:
    silent = (Unreachable(f"projects/{PROJECT}/locations/us-central1", "timed out"),)
    assert ORDERS in reduce(FULL, again(FULL.services[ORDERS], unreachable=silent)).services


def test_what_was_not_asked_for_stays() -> None:
    part = ServicesArrived(LATER, (), covered=frozenset({(PROJECT, "europe-west1")}))
    state = reduce(FULL, part)
    assert ORDERS in state.services
    assert CATALOG not in state.services


def test_a_function_stays_one_while_its_facet_can_not_be_read() -> None:
    bare = replace(FULL.services[RESIZE], function=None)
    assert reduce(FULL, ServiceChanged(LATER, bare)).services[RESIZE] is FULL.services[RESIZE]


def test_own_alerts_and_those_of_the_cloud_do_not_replace_each_other() -> None:
    google = Alert("1", "errors", ORDERS, "CRITICAL", START)
    own = Alert("2", "error rate", ORDERS, "WARNING", START, source=AlertSource.LOCAL)
    state = reduce(reduce(FULL, AlertsArrived(START, (google,))), LocalAlertsRaised((own,)))
    assert set(state.alerts) == {google, own}
    assert reduce(state, AlertsArrived(LATER, ())).alerts == (own,)
    assert reduce(state, LocalAlertsRaised(())).alerts == (google,)


UPDATES: st.SearchStrategy[Update] = st.sampled_from(
    [
        again(),
        again(FULL.services[ORDERS], unreachable=(Unreachable("us-central1", "timed out"),)),
        ServicesArrived(LATER, (), covered=frozenset()),
        FeedFailed(Feed.SERVICES, error(ErrorKind.DENIED)),
        FeedFailed(Feed.METRICS, error(ErrorKind.DENIED)),
        MetricsArrived(LATER, sick_metrics(LATER)),
        RevisionsArrived(LATER, ORDERS, revisions(ORDERS, 42)),
        AlertsArrived(LATER, ()),
        LocalAlertsRaised(()),
        Selected((ORDERS,)),
    ]
)


@given(st.lists(UPDATES, max_size=12))
def test_no_failure_ever_drops_a_service(updates: list[Update]) -> None:
    state = FULL
    for update in updates:
        state = reduce(state, update)
    assert set(state.services) == set(FULL.services)


@given(st.lists(UPDATES, max_size=12))
def test_the_version_grows_exactly_when_something_changed(updates: list[Update]) -> None:
    state = FULL
    for update in updates:
        after = reduce(state, update)
        assert (after is state) == (after == state)
        assert after is state or after.version == state.version + 1
        state = after


def test_a_release_that_the_journal_left_open_is_interrupted_but_one_of_our_own_continues() -> None:
    ours, theirs = release("r-2"), release("r-1")
    state = reduce(ConsoleState(), ReleaseChanged(ours))
    state = reduce(state, JournalRead((ours, theirs), claimed=frozenset({"r-2"})))
    assert {one.id: one.state for one in state.releases} == {
        "r-2": ReleaseState.RUNNING,
        "r-1": ReleaseState.INTERRUPTED,
    }


def test_the_suspect_that_an_alert_names_is_one_where_nothing_else_was_found() -> None:
    named, found = Suspect("orders-api-00042", "it is new"), Suspect("orders-api-00041", "5xx rose")
    alerts = (
        builders.alert(service=CATALOG),
        builders.alert(service=ORDERS),
        builders.alert(service=ORDERS, suspect=named),
    )
    state = ConsoleState(alerts=alerts)
    assert suspect_of(state, ORDERS) == named
    assert suspect_of(state, CATALOG) is None
    assert suspect_of(replace(state, suspects={ORDERS: found}), ORDERS) == found


def test_releases_are_merged_newest_first_and_the_newer_reading_wins() -> None:
    first, second = release("r-1"), replace(release("r-2"), started_at=LATER)
    moved = replace(first, outcome="moved on")
    assert merge_releases((first,), (second, moved)) == (second, moved)
    assert merge_releases((release("r-a"),), (release("r-b"),)) == (release("r-b"), release("r-a"))


def test_only_of_a_release_that_ended_no_progress_is_shown_any_more() -> None:
    state, progress = ConsoleState(), ReleaseProgress(START, 1, 2, "canary 25 %", "watching")
    for name in ("r-1", "r-2"):
        state = reduce(reduce(state, ReleaseChanged(release(name))), ReleaseProgressed(name, progress))
    ended = replace(release("r-1"), state=ReleaseState.SUCCEEDED, ended_at=LATER)
    assert set(reduce(state, ReleaseChanged(ended)).progress) == {"r-2"}


def release(name: str) -> Release:
    return builders.release(id=name, state=ReleaseState.RUNNING)
