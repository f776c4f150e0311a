"""What becomes of a command whose output goes nowhere: its exit code tells of its work."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfconsole.cli.exits import Exit
from tests.cli.conftest import Console
from tests.cli.runners import own_releases

TAGGING = ("traffic", "unheard", "--tag", "kept=00001", "--yes", "--confirm", "unheard")
PLANNING = ("rollback", "quiet", "--from", "00003", "--to", "00002", "--dry-run")


@contextlib.contextmanager
def unread_pipe() -> Iterator[int]:
    """What `| head` leaves behind once it has had enough."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


def run(*words: str, stdout: int, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cfconsole", *words]
    return subprocess.run(command, stdout=stdout, stderr=stderr, text=True, timeout=50, check=False)


def test_a_change_is_carried_out_to_its_end_although_nobody_reads_of_it(console: Console) -> None:
    with unread_pipe() as nobody:
        assert run(*TAGGING, stdout=nobody, stderr=nobody).returncode == Exit.DONE
    assert "kept" in {line.get("tag") for line in console.shop.service("unheard")["desired"]}
    (row,) = own_releases(console)
    assert row["state"] == "succeeded"


def test_what_was_done_outranks_that_it_could_not_be_told(console: Console) -> None:
    untagging = ("traffic", "unheard", "--untag", "new", "--yes", "--confirm", "unheard")
    assert console.run("traffic", "unheard", "--tag", "new=00001", "--yes", "--confirm", "unheard").code == Exit.DONE
    with Path("/dev/full").open("w") as full:
        # The plan could not be shown, so nothing was done; a document comes last.
        assert run(*untagging, stdout=full.fileno()).returncode == Exit.FAILED
        assert run(*untagging, "--format", "json", stdout=full.fileno()).returncode == Exit.DONE
    assert "new" not in {line.get("tag") for line in console.shop.service("unheard")["desired"]}


@pytest.mark.parametrize("words", [("services",), ("releases",), ("logs", "quiet"), PLANNING])
def test_a_reader_that_has_enough_is_no_failure(console: Console, words: tuple[str, ...]) -> None:
    with unread_pipe() as nobody:
        ran = run(*words, stdout=nobody)
    assert ran.returncode == Exit.DONE
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("words", [("services",), ("logs", "quiet"), PLANNING])
def test_a_disk_that_is_full_is_a_sentence(console: Console, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = run(*words, stdout=full.fileno())
    assert ran.returncode == Exit.FAILED
    assert ran.stderr.splitlines()[-1] == "cfconsole: Can't write the output: No space left on device."
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("words", ["services", "logs quiet"])
def test_closed_streams_are_filled(console: Console, words: str) -> None:
    script = f"exec {sys.executable} -m cfconsole {words} <&- >&-"
    ran = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, text=True, timeout=50, check=False)
    assert ran.returncode == Exit.DONE
    assert "Traceback" not in ran.stderr
