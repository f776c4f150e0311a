"""Releases in steps when all goes well, and when the new revision does not hold."""

from __future__ import annotations

import pytest

from cfconsole.domain.release_steps import CREATE_MASK, TRAFFIC_MASK
from cfconsole.domain.releases import ReleaseState
from tests.session.manual_clock import ManualClock
from tests.session.rolling import NEW, OLD, Busy, UnderWay, served


@pytest.fixture
def fake() -> Busy:
    return Busy(ManualClock())


async def test_a_healthy_canary_goes_all_the_way_step_by_step(fake: Busy) -> None:
    under_way = UnderWay(fake)
    release = await under_way.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert under_way.splits == [{OLD: 100}, {NEW: 5, OLD: 95}, {NEW: 50, OLD: 50}, {"": 100}]
    assert served(fake) == {NEW: 100}
    assert release.candidate == NEW
    assert release.generation_after == fake.services[release.plan.service].generation
    assert fake.calls["validate"] == 1
    assert [write.mask for write in fake.writes] == [CREATE_MASK, *[TRAFFIC_MASK] * 3]
