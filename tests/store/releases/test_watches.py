"""Watchers of a release: locks that end with the process that holds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cfconsole.store.releases.leases import Watches

WATCHER = """
import sys
from pathlib import Path
from cfconsole.store.releases.leases import Watches
Watches(Path(sys.argv[1])).watch("r1")
print("watches", flush=True)
sys.stdin.read()
"""


def test_one_of_several_watchers_is_enough(tmp_path: Path) -> None:
    runner, one, other = Watches(tmp_path), Watches(tmp_path), Watches(tmp_path)
    assert not runner.is_watched("r1")
    one.watch("r1")
    one.watch("r1")
    other.watch("r1")
    assert runner.is_watched("r1")
    one.unwatch("r1")
    one.unwatch("r1")
    assert runner.is_watched("r1")
    assert not runner.is_watched("r2")
    other.close()
    assert not runner.is_watched("r1")


def test_a_watcher_that_is_killed_watches_no_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WATCHER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "watches\n"
        assert Watches(tmp_path).is_watched("r1")
        watcher.kill()
        watcher.wait()
    assert not Watches(tmp_path).is_watched("r1")


def test_lock_files_are_private_and_removed_with_the_release(tmp_path: Path) -> None:
    watches = Watches(tmp_path / "runners")
    watches.watch("r1")
    (mark,) = (tmp_path / "runners").iterdir()
    assert mark.stat().st_mode & 0o077 == 0
    watches.forget("r1")
    watches.forget("r1")
    watches.close()
    assert list((tmp_path / "runners").iterdir()) == []
