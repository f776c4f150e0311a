"""What each kind of entry says first."""

from __future__ import annotations

import pytest

from cfconsole.domain.logs.entries import Gap, GapReason, Request
from cfconsole.domain.logs.messages import (
    Message,
    audit_message,
    gap_message,
    json_message,
    message_headline,
    request_message,
    short_actor,
    violation_message,
)

CI = "ci@shop.iam.gserviceaccount.com"
UPDATE = "google.cloud.run.v2.Services.UpdateService"
ORDERS = "projects/shop/locations/us-central1/services/orders-api"


@pytest.mark.parametrize(
    ("request_facts", "shown"),
    [
        (Request("GET", "/cart", 200, 23.2), "200 GET /cart 23 ms"),
        (Request("POST", "/pay", 500, 3_400.0), "500 POST /pay 3.4 s"),
        (Request("GET", "/", 0, None), "--- GET /"),
        (Request("", "/x", 404, 0.0), "404 /x 0 ms"),
    ],
)
def test_requests(request_facts: Request, shown: str) -> None:
    assert request_message(request_facts) == shown


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"message": "hi"}, Message("hi")),
        ({"msg": "hi", "n": 1}, Message("hi", '{"msg":"hi","n":1}')),
        ({"message": "", "msg": "hi"}, Message("hi", '{"message":"","msg":"hi"}')),
        ({"textPayload": "hi"}, Message("hi")),
        ({"message": {"a": [1]}}, Message('{"a":[1]}')),
        ({"order": "ü", "at": 1j}, Message('{"order":"ü","at":"1j"}')),
        (
            {"message": "boom", "stack_trace": "Traceback: boom"},
            Message("boom\nTraceback: boom", '{"message":"boom","stack_trace":"Traceback: boom"}'),
        ),
        ({"message": "boom\nat x", "stack": "at x"}, Message("boom\nat x", '{"message":"boom\\nat x","stack":"at x"}')),
        ({"message": "boom", "exception": 7}, Message("boom", '{"message":"boom","exception":7}')),
    ],
)
def test_json_payloads(payload: dict[str, object], message: Message) -> None:
    assert json_message(payload) == message


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("ci@shop deployed 00042", audit_message(CI, UPDATE, ORDERS, revision="orders-api-00042")),
        ("ci@shop changed orders-api", audit_message(CI, UPDATE, ORDERS)),
        (
            "ops@shop set traffic of orders-api to 00041",
            audit_message("ops@shop", UPDATE, ORDERS, split=(("orders-api-00041", 100),)),
        ),
        (
            "ops@shop set traffic of orders-api to 00041 90 %, latest 10 %",
            audit_message("ops@shop", UPDATE, ORDERS, split=(("orders-api-00041", 90), ("", 10))),
        ),
        (
            "jo@example.com deleted orders-api",
            audit_message("jo@example.com", "x.v1.Services.DeleteService", "orders-api"),
        ),
        ("somebody called Poke on orders-api", audit_message("", "a.b.Poke", ORDERS)),
        ("ci@shop called an unnamed method on orders-api", audit_message(CI, "", ORDERS)),
        (
            "ci@shop tried and failed: changed orders-api (permission denied)",
            audit_message(CI, UPDATE, ORDERS, error="permission denied"),
        ),
    ],
)
def test_audit_entries(shown: str, said: str) -> None:
    assert said == shown


def test_only_what_all_service_accounts_share_is_left_out() -> None:
    assert short_actor("1234-compute@developer.gserviceaccount.com") == "1234-compute@developer"
    assert short_actor("jo@example.com") == "jo@example.com"


@pytest.mark.parametrize(
    ("reason", "at_least", "shown"),
    [
        (GapReason.RATE_LIMIT, 1312, "≥ 1,312 entries not sent by Google (rate limit)"),
        (GapReason.NOT_CONSUMED, 1, "≥ 1 entry not sent by Google (read too slowly)"),
        (GapReason.DISCONNECTED, 0, "connection lost for 12 s: entries may be missing"),
        (GapReason.DISCONNECTED, 3, "connection lost for 12 s: ≥ 3 entries missing"),
        (GapReason.NOT_READ, 0, "more entries not read"),
    ],
)
def test_gaps(reason: GapReason, at_least: int, shown: str) -> None:
    assert gap_message(Gap(reason, at_least, 0, 12 * 10**9)) == shown


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["first", "second"], "first"),
        (["Traceback (most recent call last):", '  File "a.py"', "ValueError: XTS", " "], "ValueError: XTS"),
        (["Traceback (most recent call last):"], "Traceback (most recent call last):"),
    ],
)
def test_the_headline_of_a_traceback_is_its_error(lines: list[str], line: str) -> None:
    assert message_headline(lines) == line


_OPEN, _CLOSE = (f"monitoring.googleapis.com/Violation{deed}Eventv1" for deed in ("Open", "AutoResolve"))


@pytest.mark.parametrize(
    ("log", "labels", "message"),
    [
        (
            _OPEN,
            {"policy_display_name": "error rate", "terse_message": "is above 1 %"},
            "alert error rate opened: is above 1 %",
        ),
        (
            _CLOSE,
            {"policy_display_name": "error rate", "verbose_message": "is back"},
            "alert error rate closed: is back",
        ),
        (_OPEN, {}, "alert opened"),
    ],
)
def test_alert_events_speak_through_their_labels(log: str, labels: dict[str, str], message: str) -> None:
    assert violation_message(log, {"violation_id": "0.1", **labels}) == message


def test_other_entries_have_no_alert_to_tell_of() -> None:
    assert violation_message("run.googleapis.com/stderr", {"instanceId": "0"}) == ""
