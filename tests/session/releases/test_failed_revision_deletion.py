"""The revision of a failed release is deleted on request if Cloud Run allows it; if not, the outcome says why."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.releases.model import Plan, Release, ReleaseState
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import NEW, OLD, QUICK, BusyCloud, RunningRelease, deploy_plan, serving_split
from tests.session.scripted import error
from tests.session.shop import ORDERS


def failing_plan(fake: BusyCloud) -> Plan:
    fake.error_rates = {NEW: 1.0}
    return deploy_plan(fake, policy=replace(QUICK, delete_failed=True))


async def roll_back_canary(fake: BusyCloud, *, newer: bool = False) -> Release:
    """The end of a canary whose revision fails. `newer`: by then there is another revision, without traffic."""
    under_way = RunningRelease(fake, plan=failing_plan(fake))
    if newer:
        await under_way.until(lambda: NEW in serving_split(fake))
        service, (made, *older) = fake.services[ORDERS], fake.revisions[ORDERS]
        name = "orders-api-00044"
        fake.revisions[ORDERS] = (replace(made, name=name), made, *older)
        fake.services[ORDERS] = replace(service, latest_created=name, latest_ready=name)
    release = await under_way.run()
    assert release.state is ReleaseState.ROLLED_BACK, release.outcome
    assert serving_split(fake) == {OLD: 100}
    return release


async def test_the_latest_revision_stays_with_its_tag_and_the_outcome_says_why() -> None:
    fake = BusyCloud(ManualClock())

    release = await roll_back_canary(fake)

    assert "00043 is the latest revision, which Cloud Run does not delete" in release.outcome
    assert any((line.revision, line.tag) == (NEW, "canary") for line in fake.services[ORDERS].desired)
    assert fake.deleted == []


async def test_one_that_is_not_the_latest_any_more_is_deleted_with_a_record_of_it() -> None:
    fake = BusyCloud(ManualClock())

    release = await roll_back_canary(fake, newer=True)

    assert release.outcome.endswith("; 00043 was deleted")
    assert fake.deleted == [NEW]
    assert [event.sentence for event in release.events][-2] == "deleting 00043"
    assert not any(line.tag for line in fake.services[ORDERS].desired)


async def test_a_deletion_that_fails_leaves_the_release_rolled_back() -> None:
    fake = BusyCloud(ManualClock())
    fake.fail["delete_revision"] = error(ErrorKind.DENIED, "You may not delete.")

    release = await roll_back_canary(fake, newer=True)

    assert release.outcome.endswith("; 00043 was not deleted: You may not delete.")
