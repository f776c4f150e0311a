"""Cloud Logging over real gRPC: writing, listing, paging, log names, errors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from google.api_core.exceptions import InvalidArgument, ResourceExhausted
from google.cloud.logging_v2.types import ListLogEntriesRequest, LogEntry

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.logs.tail import LogLimits
from tests.emulator.logging_server import PROJECT, START, STDOUT, LoggingServer, line, logging_server


async def _texts(server: LoggingServer, **request: object) -> list[str]:
    pager = await server.client.list_log_entries(ListLogEntriesRequest({"resource_names": [PROJECT], **request}))
    return [entry.text_payload async for entry in pager]


async def test_entries_come_back_in_the_order_of_their_time() -> None:
    async with logging_server() as server:
        late = line("first", timestamp=START - timedelta(seconds=9))
        await server.client.write_log_entries(entries=[line("second"), line("third"), late])
        assert await _texts(server) == ["first", "second", "third"]
        assert await _texts(server, order_by="timestamp desc") == ["third", "second", "first"]


async def test_entries_inherit_missing_fields_from_the_request() -> None:
    async with logging_server() as server:
        await server.client.write_log_entries(
            log_name=STDOUT,
            resource={"type": "cloud_run_revision", "labels": {"service_name": "orders-api"}},
            labels={"team": "shop"},
            entries=[LogEntry(text_payload="hello")],
        )
        pager = await server.client.list_log_entries(resource_names=[PROJECT], filter='labels.team="shop"')
        (entry,) = [entry async for entry in pager]
        assert entry.resource.labels["service_name"] == "orders-api"
        assert entry.log_name == STDOUT
        assert entry.insert_id
        assert entry.receive_timestamp == START
        assert entry.timestamp == START


@pytest.mark.parametrize("order", ["timestamp asc", "timestamp desc"])
async def test_pages_neither_repeat_nor_skip_while_entries_arrive(order: str) -> None:
    async with logging_server() as server:
        clock = server.clock
        assert isinstance(clock, ManualClock)
        for number in range(7):
            await clock.advance(1)
            server.write_lines(str(number))
        request = ListLogEntriesRequest(resource_names=[PROJECT], order_by=order, page_size=3)
        pager = await server.client.list_log_entries(request)
        seen: list[str] = []
        async for page in pager.pages:
            seen += [entry.text_payload for entry in page.entries]
            server.store.write(line("old", timestamp=START - timedelta(hours=1))._pb)
        expected = [str(number) for number in range(7)]
        if order.endswith("desc"):
            # The entries written meanwhile are the oldest and so come last.
            assert seen[:7] == expected[::-1]
        else:
            assert seen == expected


async def test_a_page_holds_fifty_entries_unless_asked_otherwise() -> None:
    async with logging_server() as server:
        server.write_lines(*(str(number) for number in range(60)))
        pager = await server.client.list_log_entries(resource_names=[PROJECT])
        sizes = [len(page.entries) async for page in pager.pages]
        assert sizes == [50, 10]


async def test_only_logs_of_the_named_resources_are_listed() -> None:
    async with logging_server() as server:
        server.write_lines("ours")
        await server.client.write_log_entries(
            entries=[LogEntry(log_name="projects/other/logs/x", text_payload="theirs")]
        )
        assert await _texts(server) == ["ours"]
        view = f"{PROJECT}/locations/global/buckets/_Default/views/_AllLogs"
        assert await _texts(server, resource_names=[view]) == ["ours"]
        pager = await server.client.list_logs(parent=PROJECT)
        assert [name async for name in pager] == [STDOUT]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"filter": "severity>="}, "ends where a value"),
        ({"filter": "nonsense.field=1"}, "Field not found: 'nonsense.field'"),
        ({"page_size": 1001}, "page_size must be between 0 and 1000"),
        ({"order_by": "severity"}, "order_by 'severity' is not valid"),
        ({"resource_names": ["shop"]}, "Resource name 'shop' is not valid"),
        ({"page_token": "made-up"}, "page_token is not valid"),
    ],
)
async def test_a_bad_request_is_refused_with_a_sentence(request_: dict[str, object], sentence: str) -> None:
    async with logging_server() as server:
        with pytest.raises(InvalidArgument, match=sentence):
            await _texts(server, **request_)


async def test_an_entry_with_a_bad_log_name_is_refused() -> None:
    async with logging_server() as server:
        with pytest.raises(InvalidArgument, match="Log name 'stdout' is not valid"):
            await server.client.write_log_entries(log_name="stdout", entries=[LogEntry(text_payload="x")])
        assert len(server.store) == 0


async def test_reads_over_the_quota_name_the_quota() -> None:
    async with logging_server(limits=LogLimits(reads_per_minute=2)) as server:
        await _texts(server)
        await _texts(server)
        with pytest.raises(ResourceExhausted) as refused:
            await _texts(server)
        assert refused.value.reason == "RATE_LIMIT_EXCEEDED"
        assert refused.value.metadata["quota_limit"] == "ReadRequestsPerMinutePerProject"
        assert isinstance(server.clock, ManualClock)
        await server.clock.advance(60)
        assert await _texts(server) == []
