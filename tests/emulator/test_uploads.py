"""The upload store: signed addresses, their expiry, and bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from cfconsole.emulator.sources import uploads
from cfconsole.emulator.sources.uploads import UploadRefused, UploadSlot, UploadStore, read_body
from cfconsole.emulator.world.names import Location

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Location("shop-prod", "us-central1")


def check(store: UploadStore, slot: UploadSlot, after: timedelta) -> None:
    store.check(slot.bucket, slot.object_name, slot.signature, "application/zip", NOW + after)


def test_an_address_lasts_half_an_hour() -> None:
    store = UploadStore()
    slot = store.reserve(HERE, NOW)
    check(store, slot, timedelta(minutes=30))
    with pytest.raises(UploadRefused, match="expired") as refusal:
        check(store, slot, timedelta(minutes=31))
    assert (refusal.value.status, refusal.value.code) == (400, "ExpiredToken")


def test_forgotten_addresses_are_unknown() -> None:
    store = UploadStore()
    slot = store.reserve(HERE, NOW)
    store.reserve(HERE, NOW + timedelta(hours=1))
    with pytest.raises(UploadRefused) as refusal:
        check(store, slot, timedelta())
    assert refusal.value.status == 403


def test_the_oldest_archives_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_STORED_BYTES", 10)
    store = UploadStore()
    for name in ("a", "b", "c"):
        store.store("bucket", name, bytes(4))
    assert [store.get("bucket", name) is None for name in ("a", "b", "c")] == [True, False, False]
    store.store("bucket", "b", b"again")
    store.store("bucket", "d", bytes(5))
    assert store.get("bucket", "b") == b"again"
    assert store.get("bucket", "c") is None


async def test_a_body_is_read_up_to_its_limit_and_not_further() -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10):
            read += 1
            yield bytes(4)

    with pytest.raises(UploadRefused, match="larger than 9 bytes"):
        await read_body(chunks(), 9)
    assert read == 3
