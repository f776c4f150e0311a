"""The log store: order, duplicates and bounds."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.logs.store import LogStore
from tests.emulator.logging_server import START, STDOUT, line, raw


def _texts(store: LogStore) -> list[str]:
    return [stored.decoded().text_payload for stored in store.slice(0, len(store))]


@given(st.permutations(range(12)))
def test_the_order_of_writing_does_not_matter(order: list[int]) -> None:
    store = LogStore(ManualClock(START))
    for number in order:
        store.write(raw(line(str(number), timestamp=START + timedelta(seconds=number), insert_id="x")))
    assert _texts(store) == [str(number) for number in range(12)]


def test_entries_of_one_instant_keep_their_order_of_arrival() -> None:
    store = LogStore(ManualClock(START))
    for number in range(40):
        store.write(raw(line(str(number))))
    assert _texts(store) == [str(number) for number in range(40)]


def test_a_duplicate_is_stored_once_and_not_passed_on() -> None:
    store = LogStore(ManualClock(START))
    received_texts: list[str] = []
    store.subscribe(lambda entry, stored, received: received_texts.append(entry.text_payload))
    for _ in range(2):
        store.write(raw(line("once", timestamp=START, insert_id="same")))
    store.write(raw(line("other log", timestamp=START, insert_id="same", log_name=f"{STDOUT}2")))
    assert len(store) == 2
    assert received_texts == ["once", "other log"]


def test_the_oldest_are_dropped_beyond_the_limits() -> None:
    store = LogStore(ManualClock(START), limit=1_000)
    for number in range(10_000):
        store.write(raw(line(str(number))))
    assert 1_000 <= len(store) <= 1_050
    assert _texts(store)[-1] == "9999"
    assert store.written == 10_000


def test_memory_is_bounded_by_bytes_too() -> None:
    store = LogStore(ManualClock(START), limit_bytes=100_000)
    for _ in range(500):
        store.write(raw(line("x" * 2_000)))
    assert 80_000 <= store.stored_bytes <= 100_000
    assert store.stored_bytes == sum(len(stored.wire) for stored in store.slice(0, len(store)))
