"""The team's release history: written, read back, and mixed with other entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from google.api import monitored_resource_pb2
from google.cloud.logging_v2.types import LogEntry, WriteLogEntriesRequest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.team import team_release
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.connection.options import UNLIMITED
from cfconsole.gcp.releases.history import LOG, PAGE, CloudHistory, entry_of
from tests import builders
from tests.gcp.emulated import SCRUB, START, Shop

LONG_AGO = START - timedelta(days=7)
ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")


def history(shop: Shop) -> CloudHistory:
    return CloudHistory(shop.clients, UNLIMITED, SCRUB)


def release(name: str = "r-1", ago_s: float = 120, state: ReleaseState = ReleaseState.SUCCEEDED) -> Release:
    """A rollback of orders-api that began so long ago, and took a minute if it is over."""
    began = START - timedelta(seconds=ago_s)
    built = builders.release(
        builders.plan(service=ORDERS),
        id=name,
        started_at=began,
        state=state,
        ended_at=began + timedelta(seconds=60),
    )
    running = state is ReleaseState.RUNNING
    events = (ReleaseEvent(began + timedelta(seconds=1), state, "the write was accepted"),)
    return replace(built, ended_at=None, outcome="", events=events) if running else built


async def say(shop: Shop, payload: dict[str, object], text: str = "") -> None:
    """Writes an entry to the log by hand."""
    entry = LogEntry(
        log_name=f"projects/{PROJECT}/logs/{LOG}",
        resource=monitored_resource_pb2.MonitoredResource(type="global"),
        timestamp=START,
        text_payload=text,
    )
    if payload:
        LogEntry.pb(entry).json_payload.update(payload)
    await shop.clients.logging.write_log_entries(WriteLogEntriesRequest(entries=[entry]))


async def test_a_release_is_read_back_as_it_was_written(shop: Shop) -> None:
    await history(shop).write(release())
    (told,) = await history(shop).read(PROJECT, since=LONG_AGO)
    assert (told.id, told.service, told.kind, told.state) == ("r-1", ORDERS, "rollback", "succeeded")
    assert (told.actor, told.outcome) == ("ops@shop.example", "5xx fell from 12.4 % to 0.1 %")
    assert told.before == (Target("orders-api-00042", 100),)
    assert told.after == (Target("orders-api-00041", 100),)
    assert told.started_at == START - timedelta(seconds=120)
    assert told.ended_at == told.announced_at == START - timedelta(seconds=60)


async def test_the_last_state_of_each_release_is_read_newest_first(shop: Shop) -> None:
    for one in (release(state=ReleaseState.RUNNING), release(), release("r-2", 30, ReleaseState.RUNNING)):
        await history(shop).write(one)
    told = await history(shop).read(PROJECT, since=LONG_AGO)
    assert [(one.id, one.state, one.open) for one in told] == [("r-2", "running", True), ("r-1", "succeeded", False)]
    assert told[0].ended_at is None


async def test_a_state_that_is_written_twice_is_stored_once(shop: Shop) -> None:
    entries = []
    for _ in range(2):
        await history(shop).write(release())
        page = await shop.log_reads().page(PROJECT, f'logName:"{LOG}"', size=10, newest_first=True)
        entries = [entry.insert_id for entry in page.entries]
    assert set(entries) == {"r-1-succeeded"}
    assert len({entry.order for entry in page.entries}) == 1


async def test_an_entry_has_labels_and_a_message(shop: Shop) -> None:
    await history(shop).write(release(state=ReleaseState.ROLLED_BACK))
    query = f'logName:"{LOG}" AND labels.service="orders-api" AND jsonPayload.kind="rollback" AND severity>=WARNING'
    (entry,) = (await shop.log_reads().page(PROJECT, query, size=10, newest_first=True)).entries
    assert entry.message.startswith("rollback of orders-api by ops@shop.example rolled_back: 5xx fell")
    assert entry.service == ""


async def test_latest_is_written_to_the_history_by_that_name(shop: Shop) -> None:
    to_latest = builders.plan(service=ORDERS, after=(Target(LATEST, 100),))
    await history(shop).write(replace(release(), plan=to_latest))
    (told,) = await history(shop).read(PROJECT, since=LONG_AGO)
    assert told.after == (Target(LATEST, 100),)


async def test_a_long_history_is_read_to_its_end(shop: Shop) -> None:
    told = (team_release(one, one.started_at) for one in (release(f"r-{n}", ago_s=n) for n in range(PAGE + 1)))
    await shop.clients.logging.write_log_entries(WriteLogEntriesRequest(entries=[entry_of(one) for one in told]))
    read = await history(shop).read(PROJECT, since=LONG_AGO)
    assert (len(read), read[0].id, read[-1].id) == (PAGE + 1, "r-0", f"r-{PAGE}")


async def test_older_releases_are_left_out(shop: Shop) -> None:
    await history(shop).write(release(ago_s=7200))
    assert await history(shop).read(PROJECT, since=START - timedelta(hours=1)) == ()


async def test_other_entries_are_skipped(shop: Shop) -> None:
    await say(shop, {}, "hello")
    await say(shop, {"release": "r-9"})
    await say(shop, {"release": 9, "region": "r", "service": "s", "state": "running"})
    assert await history(shop).read(PROJECT, since=LONG_AGO) == ()


async def test_what_somebody_else_wrote_is_shown_safely(shop: Shop) -> None:
    await say(
        shop,
        {
            "release": "r-9\x1b[2J",
            "project": "another-one",
            "region": "us-central1",
            "service": "orders-api",
            "state": "half-done",
            "outcome": "password=hunter2\nand more",
            "started_at": "yesterday",
            "after": [{"revision": "orders-api-00041", "percent": 100}, "nonsense", {"percent": "many"}],
            "before": "nothing",
        },
    )
    (told,) = await history(shop).read(PROJECT, since=LONG_AGO)
    assert told.service == ORDERS
    assert "\x1b" not in told.id
    assert "hunter2" not in told.outcome
    assert (told.state, told.open) == ("half-done", False)
    assert (told.started_at, told.ended_at) == (START, None)
    assert (told.before, told.after) == ((), (Target("orders-api-00041", 100),))


async def test_a_missing_permission_is_an_error_with_its_name(shop: Shop) -> None:
    shop.faults.deny("WriteLogEntries", "logging.logEntries.create")
    with pytest.raises(CloudError) as raised:
        await history(shop).write(release())
    assert raised.value.kind is ErrorKind.DENIED
    assert "logging.logEntries.create" in raised.value.sentence


@pytest.mark.parametrize(
    "written", ["2026-03-01T12:55:00+02:00", "2026-03-01T04:55:00-06:00", "2026-03-01T10:55:00Z", "2026-03-01T10:55:00"]
)
async def test_a_time_of_any_zone_is_the_same_moment_and_one_without_is_utc(shop: Shop, written: str) -> None:
    payload = {"release": "r-9", "region": "us-central1", "service": "orders-api", "state": "succeeded"}
    await say(shop, {**payload, "started_at": written, "ended_at": written})
    (told,) = await history(shop).read(PROJECT, since=LONG_AGO)
    assert told.started_at == told.ended_at == datetime(2026, 3, 1, 10, 55, tzinfo=UTC)
