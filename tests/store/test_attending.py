"""Who looks on at a release: marks that vanish with whoever left them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cfconsole.store.attending import Attending

ONLOOKER = """
import sys
from pathlib import Path
from cfconsole.store.attending import Attending
Attending(Path(sys.argv[1])).look_on("r1")
print("looks on", flush=True)
sys.stdin.read()
"""


def test_one_of_several_onlookers_is_enough(tmp_path: Path) -> None:
    runner, one, other = Attending(tmp_path), Attending(tmp_path), Attending(tmp_path)
    assert not runner.attended("r1")
    one.look_on("r1")
    one.look_on("r1")
    other.look_on("r1")
    assert runner.attended("r1")
    one.look_away("r1")
    one.look_away("r1")
    assert runner.attended("r1")
    assert not runner.attended("r2")
    other.close()
    assert not runner.attended("r1")


def test_an_onlooker_that_is_killed_looks_on_no_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ONLOOKER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as onlooker:
        assert onlooker.stdout is not None
        assert onlooker.stdout.readline() == "looks on\n"
        assert Attending(tmp_path).attended("r1")
        onlooker.kill()
        onlooker.wait()
    assert not Attending(tmp_path).attended("r1")


def test_marks_are_private_and_go_with_the_release(tmp_path: Path) -> None:
    attending = Attending(tmp_path / "runners")
    attending.look_on("r1")
    (mark,) = (tmp_path / "runners").iterdir()
    assert mark.stat().st_mode & 0o077 == 0
    attending.forget("r1")
    attending.forget("r1")
    attending.close()
    assert list((tmp_path / "runners").iterdir()) == []
