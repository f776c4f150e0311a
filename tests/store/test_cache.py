"""The cached state on disk: complete or absent, and never a reason to fail."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.reads import CachedState
from cfconsole.store.cache import StateCache, fields_of
from cfconsole.store.credentials_file import CredentialsFile
from tests.builders import NOW, function, key, service

KEPT = CachedState(
    NOW, (service(function=function(), labels=(("team", "shop"),)), service(key=key("b"))), ("us-central1",)
)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


async def test_a_fleet_comes_back_as_it_went_in(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "cache")
    await cache.save("shop-prod", KEPT)
    assert cache.load("shop-prod") == KEPT
    assert cache.load("shop-dev") is None


async def test_the_last_save_counts_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", KEPT)
    await cache.save("shop", replace(KEPT, regions=()))
    assert cache.load("shop") == replace(KEPT, regions=())
    assert only_file(tmp_path)


@pytest.mark.parametrize("scope", ["../../elsewhere", "a b", "a/b", "", "p" * 5000, "caf\u00e9", "nul\0"])
async def test_any_scope_has_one_file_in_the_folder(tmp_path: Path, scope: str) -> None:
    cache = StateCache(tmp_path / "cache")
    await cache.save(scope, KEPT)
    assert cache.load(scope) == KEPT
    assert cache.load(f"{scope}-") is None
    assert only_file(tmp_path / "cache").name.startswith("state-")
    assert only_file(tmp_path) == tmp_path / "cache"


async def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    await StateCache(tmp_path / "cache").save("shop", KEPT)
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(tmp_path / "cache").stat().st_mode) == 0o600


async def test_a_state_of_another_scope_is_not_shown(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("dev", KEPT)
    of_dev = only_file(tmp_path)
    holder = of_dev.rename(tmp_path / "holder").read_bytes()
    (tmp_path / "holder").unlink()
    await cache.save("prod", KEPT)
    only_file(tmp_path).write_bytes(holder)
    assert cache.load("prod") is None


async def test_whatever_part_of_a_file_is_damaged_it_counts_as_none(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", KEPT)
    file = only_file(tmp_path)
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place])
        assert cache.load("shop") is None
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert cache.load("shop") is None


@pytest.mark.parametrize("changed", [0, 1])
async def test_another_version_or_other_fields_count_as_none(tmp_path: Path, changed: int) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", KEPT)
    file = only_file(tmp_path)
    parts = msgspec.msgpack.decode(file.read_bytes())
    file.write_bytes(msgspec.msgpack.encode(parts))
    assert cache.load("shop") == KEPT
    parts[changed] += 1
    file.write_bytes(msgspec.msgpack.encode(parts))
    assert cache.load("shop") is None


def test_every_field_counts_deeply_and_the_same_in_every_process() -> None:
    def holder(inner: str, of: type) -> type:
        return msgspec.defstruct("Kept", [("inner", list.__class_getitem__(msgspec.defstruct("Inner", [(inner, of)])))])

    assert fields_of(holder("percent", int)) == fields_of(holder("percent", int))
    assert len({fields_of(holder(name, of)) for name in ("percent", "share") for of in (int, str)}) == 4
    assert " at 0x" not in repr(msgspec.inspect.type_info(CachedState))


async def test_a_cache_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    cache = StateCache(tmp_path / "cache")
    await cache.save("shop", KEPT)
    assert cache.load("shop") is None


async def test_a_folder_in_place_of_the_file_counts_as_none(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", KEPT)
    file = only_file(tmp_path)
    file.unlink()
    file.mkdir()
    assert cache.load("shop") is None
    await cache.save("shop", KEPT)
    assert only_file(tmp_path) == file


async def test_two_hundred_services_are_there_within_a_frame(tmp_path: Path) -> None:
    cache = StateCache(tmp_path)
    await cache.save("shop", replace(KEPT, services=tuple(service(key=key(f"s-{n}")) for n in range(200))))
    spent = []
    for _ in range(5):
        begun = time.perf_counter()
        assert cache.load("shop")
        spent.append(time.perf_counter() - begun)
    assert min(spent) < 0.010


def test_renewed_credentials_are_noticed(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    credentials = CredentialsFile(file)
    missing = credentials.stamp()
    file.write_text("one")
    first = credentials.stamp()
    file.write_text("another")
    assert len({missing, first, credentials.stamp()}) == 3
