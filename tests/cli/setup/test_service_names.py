"""What names on the command line stand for."""

from __future__ import annotations

import pytest

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.setup.scope import Scope
from cfconsole.cli.setup.service_names import ServiceReference, parse_name, resolve
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import ServiceKey, Unreachable
from cfconsole.domain.releases.model import Refusal, RefusalReason
from tests.builders import key, service

SCOPE = Scope(("shop-prod", "shop-eu"), ("us-central1", "europe-west1"))
CATALOG = key("catalog")
CATALOG_EUROPE = key("catalog", "europe-west1")
CATALOG_ELSEWHERE = key("catalog", "europe-west1", "shop-eu")


def read(*keys: ServiceKey, unreachable: tuple[Unreachable, ...] = ()) -> ServicesRead:
    return ServicesRead(tuple(service(key=each) for each in keys), unreachable)


def refused(text: str, of: ServicesRead) -> Refusal:
    found = resolve(parse_name(text, SCOPE), of)
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize("text", ["catalog", "us-central1/catalog", "shop-prod/us-central1/catalog"])
def test_a_name_that_fits_one_service_is_that_service(text: str) -> None:
    assert resolve(parse_name(text, SCOPE), read(CATALOG, key("cart"))) == CATALOG


def test_candidates_are_as_short_as_they_can_be() -> None:
    refusal = refused("catalog", read(CATALOG, CATALOG_EUROPE))
    assert refusal.reason is RefusalReason.AMBIGUOUS
    assert refusal.candidates == ("us-central1/catalog", "europe-west1/catalog")


def test_candidates_in_one_region_of_two_projects_name_the_project() -> None:
    refusal = refused("europe-west1/catalog", read(CATALOG_EUROPE, CATALOG_ELSEWHERE))
    assert refusal.candidates == ("shop-prod/europe-west1/catalog", "shop-eu/europe-west1/catalog")


def test_an_unknown_name_brings_close_ones() -> None:
    refusal = refused("catlog", read(CATALOG, key("billing")))
    assert refusal.reason is RefusalReason.NOT_FOUND
    assert refusal.candidates == ("us-central1/catalog",)


def test_what_could_not_be_read_is_not_missing() -> None:
    refusal = refused("cart", read(CATALOG, unreachable=(Unreachable("us-east1", "It is down."),)))
    assert refusal.reason is RefusalReason.UNREADABLE
    assert "us-east1" in refusal.sentence


@pytest.mark.parametrize(
    "text", ["", "a/b/c/d", "/catalog", "us-central1/", "evil\x1b[31m", "evil\u202ename", "two words", "x" * 3000]
)
def test_what_is_no_name_is_usage(text: str) -> None:
    with pytest.raises(Stop, match="REGION/NAME") as caught:
        parse_name(text, SCOPE)
    assert caught.value.code == Exit.USAGE
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("text", "option"), [("other/us-central1/x", "--project other"), ("asia-east1/x", "--region asia-east1")]
)
def test_names_outside_of_the_scope_are_refused_for_its_guards_do_not_fit_them(text: str, option: str) -> None:
    with pytest.raises(Stop, match=option):
        parse_name(text, SCOPE)


def test_an_asked_name_reads_as_it_was_written() -> None:
    assert str(ServiceReference("", "us-central1", "catalog")) == "us-central1/catalog"
