"""`cfconsole releases` on a served shop: what is listed, and what is done about releases whose process died."""

from __future__ import annotations

import os
import signal
import time

import pytest

from cfconsole.cli.exits import Exit
from tests.cli.conftest import Console
from tests.cli.runners import killed, no_runner_left, own_releases, runners

CANARY = ("--image", "us-docker.pkg.dev/shop/shop/app:ok-4", "--strategy", "canary", "--steps", "50,100")


def begin(console: Console, service: str) -> str:
    """Has a canary under way that bakes for longer than any test lasts. Returns its id."""
    ran = console.json("deploy", service, *CANARY, "--bake", "10m", "--yes", "--confirm", service, "--no-wait")
    assert ran.code == Exit.DONE, ran.stderr
    (row,) = ran.rows
    assert "continues in the background" in row["outcome"]
    return str(row["release"])


def baking(console: Console, release: str) -> None:
    """Waits until the release watches its first step."""
    deadline = time.monotonic() + 20
    while console.json("releases", "show", release).rows[0]["state"] != "verifying":
        assert time.monotonic() < deadline, "the canary does not get so far"


def test_a_killed_release_is_resumed_and_an_abort_puts_back_what_served(console: Console) -> None:
    release = begin(console, "killed")
    baking(console, release)
    busy = console.run("releases", "resume", release, "--yes", "--confirm", "killed")
    assert busy.code == Exit.REFUSED
    assert "under way in another process" in busy.stderr

    other = console.run("traffic", "killed", "00002=100", "--yes", "--confirm", "killed")
    assert other.code == Exit.REFUSED
    assert f"`cfconsole releases abort {release}`" in other.stderr

    killed(console.home)
    assert set(console.shop.serving("killed").values()) == {50}
    (row,) = console.json("releases", "show", release).rows
    assert (row["state"], row["resumable"]) == ("interrupted", True)
    assert row["recovery"]["resume"].startswith("continue with canary 50 %")
    asked = console.run("releases", "resume", release)
    assert asked.code == Exit.REFUSED
    assert "--yes --confirm killed" in asked.stderr

    resumed = console.run("releases", "resume", release, "--yes", "--confirm", "killed", "--no-wait")
    assert resumed.code == Exit.DONE, resumed.stderr
    assert len(runners(console.home)) == 1
    aborted = console.json("releases", "abort", release, "--yes")
    assert (aborted.code, aborted.rows[0]["state"]) == (Exit.DONE, "aborted"), aborted.stderr
    assert console.shop.serving("killed") == {"00003": 100}
    no_runner_left(console.home)

    again = console.run("releases", "abort", release, "--yes")
    assert again.code == Exit.DONE
    assert "has already ended (aborted)" in again.stdout
    shown = console.run("releases", "show", release).stdout
    assert "resumed" in shown
    assert "interrupted" not in shown
    assert [row["state"] for row in own_releases(console)] == ["aborted"]


def test_a_release_told_to_stop_writes_no_more_and_is_aborted_later(console: Console) -> None:
    release = begin(console, "stopped")
    baking(console, release)
    generation = console.shop.service("stopped")["generation"]
    (pid,) = runners(console.home)
    for harmless in (signal.SIGHUP, signal.SIGINT, signal.SIGTSTP):
        os.kill(pid, harmless)
    told = time.monotonic()
    killed(console.home, signal.SIGTERM)
    assert time.monotonic() - told < 5
    assert console.shop.service("stopped")["generation"] == generation
    shown = console.run("releases", "show", release)
    assert "interrupted: stopped by a signal" in shown.stdout
    assert "resume: continue with canary 50 %" in shown.stdout

    aborted = console.run("releases", "abort", release, "--yes")
    assert aborted.code == Exit.DONE, aborted.stderr
    assert console.shop.serving("stopped") == {"00003": 100}
    (rate, *_) = console.json("releases", "stats").rows
    assert (rate["measure"], rate["releases"]) == ("success_rate", 0)


def test_nothing_was_released_yet(console: Console) -> None:
    assert own_releases(console) == []
    assert " ".join(console.run("releases", "stats").stdout.splitlines()[1].split()) == "success rate - > 99.0 % 0 -"


@pytest.mark.parametrize("words", [("show", "x"), ("resume", "x", "--yes"), ("abort", "x"), ("list", "--since", "x")])
def test_what_nobody_knows_is_usage(console: Console, words: tuple[str, ...]) -> None:
    ran = console.run("releases", *words)
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert ran.stderr.count("\n") == 1
