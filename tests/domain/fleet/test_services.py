"""Names of services and revisions, and which shares serve."""

from __future__ import annotations

from cfconsole.domain.fleet.services import serving_shares, short_revision
from tests.builders import ORDERS, pinned_service, revision, service, share


def test_a_service_is_named_for_people_and_for_the_api() -> None:
    assert str(ORDERS) == "shop-prod/us-central1/orders-api"
    assert ORDERS.path == "projects/shop-prod/locations/us-central1/services/orders-api"


def test_revisions_are_short_beside_their_service() -> None:
    assert revision("00042").short == "00042"
    assert short_revision("orders-api", "orders-api-00042-abc") == "00042-abc"
    assert short_revision("orders-api", "elsewhere") == "elsewhere"


def test_shares_of_one_revision_count_together_and_tag_only_ones_not_at_all() -> None:
    lines = (share("00040", 30), share("00042", 50), share("00040", 20, "old"), share("00041", 0, "green"))
    assert serving_shares(lines) == (share("00040", 50, "old"), share("00042", 50))


def test_pinned_means_that_a_good_newest_revision_serves_nothing() -> None:
    assert pinned_service().pinned
    assert not service().pinned
    assert not pinned_service(reconciling=True).pinned
    assert not pinned_service(latest_ready="orders-api-00041").pinned
