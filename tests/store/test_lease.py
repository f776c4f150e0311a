"""Leases: one holder at a time, and none once the holder has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cfconsole.store.lease import Lease, is_held
from cfconsole.store.releases.leases import Claims


def test_only_one_holds_it_and_a_note_stays_for_the_next(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "demo.lease"
    with taken(file) as first:
        assert Lease.take(file) is None
        assert is_held(file)
        first.write({"pid": "1234", "grpc": "127.0.0.1:1"})
        first.write({"pid": "12"})
    assert not is_held(file)
    with taken(file) as second:
        assert second.read() == {"pid": "12"}


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "demo.lease"
    code = f"""
from pathlib import Path
from cfconsole.store.releases.leases import Claims
from cfconsole.store.lease import Lease
lease = Lease.take(Path({str(file)!r}))
print("taken", flush=True)
input()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
        assert is_held(file)
        holder.kill()
    assert not is_held(file)


@pytest.mark.parametrize("note", ["", "not json", "[1]"])
def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path, note: str) -> None:
    file = tmp_path / "demo.lease"
    file.write_text(note)
    with taken(file) as lease:
        assert lease.read() == {}


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "demo.lease"
    with taken(file):
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def taken(file: Path) -> Lease:
    lease = Lease.take(file)
    assert lease is not None
    return lease


class Holders:
    """Counts how many hold one lease at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


def test_a_lease_whose_file_goes_with_its_holder_has_one_holder_at_a_time(tmp_path: Path) -> None:
    holders = Holders()

    def take_and_give_back() -> None:
        claims, left = Claims(tmp_path), 1_000
        while left:
            if claims.take("r-1"):
                with holders:
                    left -= 1
                    os.sched_yield()
                claims.give_back("r-1")

    threads = [threading.Thread(target=take_and_give_back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert holders.most == 1, "two processes would carry out one release"
