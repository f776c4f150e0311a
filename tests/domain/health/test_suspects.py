"""A suspect is named only when the counts carry it, with the numbers and the time that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.health.alerts import Suspect
from cfconsole.domain.health.suspects import common_cause, find_suspect, find_suspects, got_worse
from tests.builders import NOW, ORDERS, full, key, metrics, numbers, pinned_service, revisions, service, share, window

Course = Mapping[str, Sequence[tuple[int, int]]]
"""Per short revision name, requests and errors per minute; the last ends at `NOW`."""

GOOD = (600, 1)
BAD = (600, 75)
NONE = (0, 0)
DEPLOYED: Course = {"00041": [GOOD] * 6 + [NONE] * 2, "00042": [NONE] * 6 + [BAD] * 2}


def measured(course: Course, now: TrafficNumbers | None = None, incomplete: int = 0) -> ServiceMetrics:
    counts = {
        full(short): (
            window(*(requests for requests, _ in points), incomplete=incomplete),
            window(*(errors for _, errors in points), incomplete=incomplete),
        )
        for short, points in course.items()
    }
    return metrics(now, revision_counts=counts)


def suspect(
    numbers_of: ServiceMetrics | None, of: Service | None = None, took_s: float | None = None
) -> Suspect | None:
    took = {} if took_s is None else {full("00042"): NOW - timedelta(seconds=took_s)}
    return find_suspect(of or service(), revisions(), numbers_of, took)


def test_a_new_revision_that_fails_is_named_with_rates_and_time() -> None:
    assert suspect(measured(DEPLOYED), took_s=100) == Suspect(
        full("00042"), "5xx 0.2 % → 12.5 %, 40 s after it took 100 %"
    )


def test_without_a_seen_moment_the_chart_tells_when_it_took_traffic() -> None:
    found = suspect(measured(DEPLOYED))
    assert found is not None
    assert found.sentence == "5xx 0.2 % → 12.5 %, 1 min after it took 100 %"


def test_minutes_are_said_as_minutes() -> None:
    later: Course = {"00041": [GOOD] * 4 + [NONE] * 6, "00042": [NONE] * 4 + [GOOD] * 3 + [BAD] * 3}
    found = suspect(measured(later))
    assert found is not None
    assert found.sentence.endswith("4 min after it took 100 %")


def test_beside_a_sibling_the_clearest_one_is_named() -> None:
    split = service(effective=(share("00040", 40), share("00041", 30), share("00042", 30)))
    found = suspect(measured({"00040": [GOOD] * 8, "00041": [(600, 20)] * 8, "00042": [BAD] * 8}), split)
    assert found is not None
    assert found.revision == full("00042")
    turned = service(effective=(share("00042", 50), share("00041", 30), share("00040", 20)))
    assert suspect(measured({"00040": [GOOD] * 8, "00041": [(600, 20)] * 8, "00042": [BAD] * 8}), turned) is not None


def test_nobody_is_named_without_numbers_siblings_or_a_real_rise() -> None:
    assert suspect(None) is None
    assert suspect(metrics()) is None
    assert suspect(measured({"00042": [BAD] * 8})) is None
    assert suspect(measured({"00041": [GOOD] * 6 + [NONE] * 2, "00042": [NONE] * 6 + [GOOD] * 2})) is None
    assert suspect(measured({"00041": [GOOD] * 6 + [NONE] * 2, "00042": [NONE] * 6 + [(15, 4)] * 2})) is None
    assert suspect(measured({"00041": [(600, 80)] * 6 + [NONE] * 2, "00042": [NONE] * 6 + [BAD] * 2})) is None


def test_a_revision_that_serves_nothing_any_more_is_no_suspect() -> None:
    assert suspect(measured(DEPLOYED), pinned_service()) is None


def test_incomplete_points_are_never_judged() -> None:
    course: Course = {"00041": [GOOD] * 6 + [NONE] * 2, "00042": [NONE] * 6 + [(600, 1), (900, 900)]}
    assert suspect(measured(course, incomplete=1)) is None


def test_errors_long_after_it_took_traffic_have_another_cause() -> None:
    course: Course = {"00041": [GOOD] * 2 + [NONE] * 38, "00042": [NONE] * 2 + [GOOD] * 35 + [(600, 500)] * 3}
    assert suspect(measured(course)) is None


def test_a_revision_that_recovered_is_not_accused_of_its_past() -> None:
    well = replace(measured(DEPLOYED), revisions={full("00042"): numbers(500, 0)})
    still = replace(measured(DEPLOYED), revisions={full("00042"): numbers(500, 60)})
    sparse = replace(measured(DEPLOYED), revisions={full("00042"): numbers(10, 0)})
    assert suspect(well) is None
    assert suspect(still) is not None
    assert suspect(sparse) is not None


def test_without_charts_the_judged_window_serves() -> None:
    both = service(effective=(share("00042", 50), share("00041", 50)))
    found = suspect(metrics(revisions={"00041": numbers(1000, 1), "00042": numbers(1000, 124)}), both)
    assert found == Suspect(full("00042"), "5xx 0.1 % → 12.4 %, compared with the other revisions")


def worse(short_of_errors: int = 75) -> ServiceMetrics:
    course: Course = {"00042": [GOOD] * 10 + [(600, short_of_errors)] * 5}
    return measured(course, numbers(3000, 5 * short_of_errors))


def test_a_service_worsens_against_its_own_past() -> None:
    assert got_worse(worse())
    assert not got_worse(worse(1))


def fleet(sick: int, well: int, region: str = "us-central1") -> dict[ServiceKey, ServiceMetrics]:
    names = [key(f"s{place}", region) for place in range(sick + well)]
    return {name: worse() if place < sick else worse(1) for place, name in enumerate(names)}


def test_many_services_of_a_region_worsening_together_have_a_common_cause() -> None:
    quiet = {key("quiet"): metrics(numbers(3, 0))}
    assert common_cause(fleet(3, 3) | quiet) == {("shop-prod", "us-central1")}
    assert common_cause(fleet(2, 0)) == frozenset()
    assert common_cause(fleet(3, 4)) == frozenset()
    assert common_cause(fleet(3, 0, "europe-west1") | fleet(1, 5)) == {("shop-prod", "europe-west1")}


def test_no_suspect_is_named_where_the_cause_is_common() -> None:
    services = {ORDERS: service(), key("catalog"): service(key=key("catalog"))}
    alone = {ORDERS: measured(DEPLOYED)}
    listed = {ORDERS: revisions()}
    assert set(find_suspects(services, listed, alone)) == {ORDERS}
    took = {ORDERS: {full("00042"): NOW - timedelta(seconds=100)}}
    assert "40 s" in find_suspects(services, listed, alone, took)[ORDERS].sentence
    assert find_suspects(services, listed, alone | fleet(3, 0)) == {}


def test_a_revision_younger_than_a_point_of_the_chart_is_judged_by_the_window() -> None:
    young = replace(
        measured({"00041": [GOOD] * 8, "00042": [NONE] * 8}),
        revisions={full("00041"): numbers(600, 1), full("00042"): numbers(300, 36)},
    )
    assert suspect(young, took_s=40) == Suspect(full("00042"), "5xx 0.2 % → 12.0 %, compared with the other revisions")
