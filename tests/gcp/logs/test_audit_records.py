"""Changes in audit records: a deploy by the revision it names, a change of traffic by its mask."""

from __future__ import annotations

from typing import Any

import pytest

from cfconsole.gcp.logs.audit_records import NO_CHANGE, AuditedChange, audited_change

V1 = "google.cloud.run.v1.Services.ReplaceService"
V2 = "google.cloud.run.v2.Services.UpdateService"
TRAFFIC = [
    {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "orders-api-00041", "percent": 90},
    {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 10.0},
    {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "orders-api-00040", "tag": "old"},
]
NAMED = {"template": {"revision": "orders-api-00042"}, "traffic": TRAFFIC}


@pytest.mark.parametrize(
    ("mask", "service", "deed"),
    [
        ("template", NAMED, AuditedChange("orders-api-00042")),
        ("template,traffic", NAMED, AuditedChange("orders-api-00042")),
        ("template.containers", NAMED, AuditedChange("orders-api-00042")),
        ("traffic", NAMED, AuditedChange(split=(("orders-api-00041", 90), ("", 10)))),
        ("traffic", {}, NO_CHANGE),
        ("traffic", {"traffic": ["?", {"percent": "all"}]}, NO_CHANGE),
        ("template", {"template": {}}, NO_CHANGE),
        ("template", {"template": "?"}, NO_CHANGE),
        ("labels", NAMED, NO_CHANGE),
        (None, NAMED, NO_CHANGE),
    ],
)
def test_the_mask_of_an_update_names_its_change(mask: str | None, service: dict[str, Any], deed: AuditedChange) -> None:
    request = {"service": service, **({"updateMask": mask} if mask else {})}
    assert audited_change(V2, request, {}) == deed


@pytest.mark.parametrize(
    ("named", "newest_before", "deed"),
    [
        ("orders-api-00042", "orders-api-00041", AuditedChange("orders-api-00042")),
        ("orders-api-00041", "orders-api-00041", NO_CHANGE),
        ("orders-api-00042", "", NO_CHANGE),
        ("", "orders-api-00041", NO_CHANGE),
    ],
)
def test_a_whole_service_is_a_deploy_only_if_it_names_a_new_revision(
    named: str, newest_before: str, deed: AuditedChange
) -> None:
    request = {"service": {"spec": {"template": {"metadata": {"name": named}}}}}
    assert audited_change(V1, request, {"status": {"latestCreatedRevisionName": newest_before}}) == deed


def test_other_calls_are_no_change() -> None:
    assert audited_change("google.cloud.run.v2.Services.DeleteService", {"updateMask": "traffic"}, {}) == NO_CHANGE
