"""A release in the status line."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.releases.status import status_line
from tests.ui.scripted import rollback_plan
from tests.ui.shop import NOW, ago

VERIFIED = "traffic moved; healthy: 5xx 11.6 % → 0.0 % of 76 requests"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (120, f"✓ roll back orders-api 00042 → 00041: succeeded · 25s · {VERIFIED}"),
        (100, f"✓ roll back orders-api 00042 → 00041 · {VERIFIED}"),
        (74, f"✓ orders-api: {VERIFIED}"),
        (60, f"✓ {VERIFIED}"),
    ],
    ids=["all", "without its state", "without its split", "its outcome alone"],
)
def test_a_narrow_status_line_has_the_numbers_first(width: int, shown: str) -> None:
    ended = Release("r-1", rollback_plan(), "ops@shop", ago(seconds=25), ReleaseState.SUCCEEDED, ended_at=NOW)
    assert plain(status_line(replace(ended, outcome=VERIFIED), NOW, width)) == shown
