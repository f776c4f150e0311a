"""The last state on disk: kept as a whole or not at all, and never a reason to fail."""

from __future__ import annotations

import stat
from pathlib import Path

from cfconsole.domain.cached import Cached
from cfconsole.store.cache import StateCache
from cfconsole.store.credentials_file import CredentialsFile
from tests.session.manual_clock import START
from tests.session.shop import REGIONS, fleet

KEPT = Cached(START, fleet(), REGIONS)


async def test_a_fleet_comes_back_as_it_went_in(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "cache")
    await cache.save("shop-prod", KEPT)
    assert cache.load("shop-prod") == KEPT
    assert cache.load("shop-dev") is None


async def test_a_scope_is_not_a_path(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "cache")
    await cache.save("../../elsewhere", KEPT)
    assert [file.parent for file in (tmp_path / "cache").iterdir()] == [tmp_path / "cache"]
    assert cache.load("../../elsewhere") == KEPT


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    await StateCache(tmp_path / "cache").save("shop", KEPT)
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_file_that_can_not_be_read_counts_as_none(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", KEPT)
    file = tmp_path / "state-shop.msgpack"
    whole = file.read_bytes()
    for content in (b"", b"\xff\x00", whole[: len(whole) // 2], whole.replace(b"\x92\x01", b"\x92\x02", 1)):
        file.write_bytes(content)
        assert cache.load("shop") is None


async def test_a_cache_that_can_not_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    cache = StateCache(tmp_path / "cache")
    await cache.save("shop", KEPT)
    assert cache.load("shop") is None


def test_renewed_credentials_are_noticed(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    credentials = CredentialsFile(file)
    missing = credentials.stamp()
    file.write_text("one")
    first = credentials.stamp()
    file.write_text("another")
    assert len({missing, first, credentials.stamp()}) == 3
