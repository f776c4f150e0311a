"""Alerts as rows and in full."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import TrafficNumbers
from cfconsole.domain.health.alerts import Alert, AlertSource, Limit, Measure, Suspect
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.fleet.alerts import alert_row, alert_sentence, alert_text
from tests.ui.shop import NOW, ORDERS, ago

RATE = Limit(Measure.ERROR_RATE, 0.01)
SLOW = Limit(Measure.P95, 2_500.0)


@pytest.mark.parametrize(
    ("limit", "figures", "sentence"),
    [
        (RATE, TrafficNumbers(1000, 124), "sick 12.4 % > 1 %"),
        (RATE, TrafficNumbers(1000, 1), "sick > 1 %, now 0.1 %"),
        (RATE, TrafficNumbers(), "sick > 1 %"),
        (RATE, None, "sick > 1 %"),
        (SLOW, TrafficNumbers(1000, 0, p95_ms=3_400.0), "sick 3.4 s > 2.5 s"),
        (None, TrafficNumbers(1000, 124), "too many errors"),
    ],
    ids=["above", "below by now", "no requests", "not read", "a latency", "no limit told"],
)
def test_an_alert_shows_its_value_only_where_it_is_known(
    limit: Limit | None, figures: TrafficNumbers | None, sentence: str
) -> None:
    alert = Alert("1", "sick", None, "", NOW, summary="too many errors", limit=limit)
    assert alert_sentence(alert, figures) == sentence


def test_a_suspect_is_named_in_a_narrow_row_too() -> None:
    suspect = Suspect(f"{ORDERS.name}-00042-nvc", "5xx 0.1 % → 12.4 %")
    alert = Alert("1", "error rate", ORDERS, "", ago(minutes=5), suspect=suspect, limit=RATE)
    wide, narrow = (plain(alert_row(alert, TrafficNumbers(1000, 124), NOW, 10, width)) for width in (70, 59))
    assert wide == " ▲   5m  orders-api error rate 12.4 % > 1 %  suspect 00042-nvc"
    assert narrow == " ▲   5m  orders-api error rate 12.4 % > 1 % ← 00042-nvc"
    own = replace(alert, source=AlertSource.LOCAL)
    wide, narrow = (plain(alert_row(own, TrafficNumbers(1000, 124), NOW, 10, width)) for width in (70, 69))
    assert wide.endswith("> 1 %  suspect 00042-nvc · local")
    assert narrow.endswith("> 1 % ← 00042-nvc · local")


def test_an_alert_in_full_has_its_limit() -> None:
    text = alert_text(Alert("1", "sick", None, "", NOW, limit=SLOW, documentation="Call somebody."))
    assert "limit     p95 > 2.5 s" in text
    assert text.endswith("Call somebody.")
