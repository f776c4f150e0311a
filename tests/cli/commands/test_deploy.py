"""`cfconsole deploy` and `restart` on a served shop: releases in processes of their own, followed to their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cfconsole.cli.exits import Exit
from tests.cli.conftest import Console
from tests.cli.runners import no_runner_left, own_releases, runners

IMAGE = "us-docker.pkg.dev/shop/shop/app"
SECRET = "hush-4711"
QUICK = """
[releases]
min_requests = 20
[releases.probe]
min_ready = "0s"
"""


def with_systemd(console: Console, folder: Path) -> Path:
    """A `systemd-run` that starts what it is told to; the file that says what it was asked."""
    asked, command = folder / "asked", folder / "bin" / "systemd-run"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >> {asked}\nwhile [ "${{1#-}}" != "$1" ]; do shift; done\nexec "$@"\n')
    command.chmod(0o755)
    console.monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    console.monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return asked


def test_a_plan_is_shown_without_the_values_and_refused_without_consent(console: Console) -> None:
    arguments = ("deploy", "denied", "--image", f"{IMAGE}:ok-4", "--env", f"API_KEY={SECRET}", "--strategy", "canary")
    refused = console.run(*arguments, "--steps", "25,100", "--bake", "1m", "--yes")
    assert refused.code == Exit.REFUSED
    assert "--confirm denied" in refused.stderr
    assert "step 2: canary 25 %: (new) 25 %, 00003" in refused.stdout
    assert "env API_KEY - → set" in refused.stdout
    assert "undo: 00003" in refused.stdout
    dry = console.json(*arguments, "--dry-run")
    (row,) = dry.rows
    assert (dry.code, row["release"], row["plan"]["strategy"]) == (Exit.DONE, None, "canary")
    assert [step["label"] for step in row["plan"]["steps"]][1:] == [f"canary {part} %" for part in (5, 25, 50, 100)]
    assert SECRET not in refused.stdout + refused.stderr + dry.stdout + dry.stderr
    assert console.shop.serving("denied") == {"00003": 100}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Nothing to deploy"),
        (("--container", "app"), "Nothing to deploy"),
        (("--image", "not an image"), "is not an image"),
        (("--image", "x", "--steps", "5;100"), "write percentages like 5,25,50,100"),
        (("--image", "x", "--strategy", "canary", "--steps", "50,5,100"), "rise and end at 100"),
        (("--image", "x", "--bake", "soon"), "--bake: 'soon' is not a duration"),
        (("--env", "CFCONSOLE_NOBODY_SETS_THIS"), "has no value"),
        (("--env", "1=2"), "is not a variable name"),
        (("--env", "PORT=1"), "set by Cloud Run itself"),
        (("--memory", "lots"), "is not a valid memory"),
    ],
)
def test_what_can_not_be_deployed_is_one_sentence(console: Console, arguments: tuple[str, ...], sentence: str) -> None:
    ran = console.run("deploy", "denied", *arguments, "--yes", "--confirm", "denied")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert ran.stderr.count("\n") == 1
    assert sentence in ran.stderr


def test_what_the_api_would_refuse_is_not_begun(console: Console) -> None:
    console.shop.fault(kind="denied", method="UpdateService", permission="run.services.update")
    ran = console.json("deploy", "denied", "--image", f"{IMAGE}:ok-4", "--yes", "--confirm", "denied")
    assert (ran.code, ran.rows[0]["release"]) == (Exit.FAILED, None)
    assert "run.services.update" in ran.rows[0]["outcome"]
    assert own_releases(console) == []


def test_a_variable_may_come_from_the_environment(console: Console) -> None:
    console.monkeypatch.setenv("API_KEY", SECRET)
    ran = console.run("deploy", "denied", "--env", "API_KEY", "--remove-env", "NOBODY", "--dry-run")
    assert ran.code == Exit.DONE, ran.stderr
    assert SECRET not in ran.stdout


def test_all_green_blue_green_serves_and_keeps_no_value(console: Console) -> None:
    console.configure(QUICK)
    arguments = ("deploy", "bluegreen", "--image", f"{IMAGE}:ok-4", "--env", f"API_KEY={SECRET}")
    done = console.json(*arguments, "--strategy", "blue-green", "--bake", "0s", "--yes", "--confirm", "bluegreen")
    assert done.code == Exit.DONE, done.stderr
    (row,) = done.rows
    assert (row["kind"], row["state"]) == ("deploy", "succeeded")
    assert row["duration_s"] > 0
    assert console.shop.serving("bluegreen") == {row["revision"].split("-")[1]: 100}
    assert "runs in a process of its own" in done.stderr

    kept = [file for file in console.home.rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]
    assert not [file for file in kept if file.stat().st_mode & 0o077 and file.name != "config.toml"]
    no_runner_left(console.home)
    # What was deployed so is all there: again is nothing to do.
    assert console.run("deploy", "bluegreen", "--image", f"{IMAGE}:ok-4", "--yes").code == Exit.DONE


def test_a_bad_canary_is_stopped_at_its_first_step_and_what_served_is_restored(console: Console) -> None:
    arguments = ("deploy", "canaried", "--image", f"{IMAGE}:crash-4", "--strategy", "canary", "--steps", "50,100")
    ran = console.json(*arguments, "--bake", "5s", "--delete-failed", "--yes", "--confirm", "canaried")
    (row,) = ran.rows
    assert (ran.code, row["state"]) == (Exit.ROLLED_BACK, "rolled_back"), ran.stderr
    assert "the previous split serves again" in row["outcome"]
    assert "is the latest revision, which Cloud Run does not delete" in row["outcome"]
    assert "writing canary" not in ran.stderr
    assert console.shop.serving("canaried") == {"00003": 100}
    # Its revision is marked: nobody goes there by accident.
    back = console.run("traffic", "canaried", "00004=100", "--yes", "--confirm", "canaried")
    assert back.code == Exit.REFUSED
    assert "not Ready" in back.stderr


def test_a_restart_is_a_new_revision_of_the_same_image(console: Console, tmp_path: Path) -> None:
    asked = with_systemd(console, tmp_path)
    ran = console.json("restart", "restarted", "--bake", "0s", "--yes", "--confirm", "restarted")
    assert ran.code == Exit.DONE, ran.stderr
    assert ran.rows[0]["kind"] == "restart"
    assert console.shop.serving("restarted") == {"00004": 100}
    tried, started = asked.read_text().splitlines()
    assert tried.endswith("--user --scope --quiet --collect true")
    assert f"--unit=cfconsole-{ran.rows[0]['release']}-" in started


def test_without_a_journal_no_release_in_steps_begins(console: Console) -> None:
    (console.home / ".local" / "state" / "cfconsole" / "journal-emulator.sqlite").mkdir(parents=True)
    ran = console.run("deploy", "denied", "--image", f"{IMAGE}:ok-4", "--yes", "--confirm", "denied")
    assert ran.code == Exit.REFUSED
    assert "nothing was changed" in ran.stderr
    assert "--unrecorded" not in ran.stderr


def test_ctrl_c_leaves_the_release_running_and_says_how_to_look(console: Console) -> None:
    words = ("deploy", "ended", "--image", f"{IMAGE}:ok-4", "--strategy", "canary", "--steps", "50,100")
    command = [sys.executable, "-m", "cfconsole", *words, "--bake", "10m", "--yes", "--confirm", "ended"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ) as ran:
        assert ran.stderr is not None
        lines = iter(ran.stderr.readline, "")
        assert any("canary 50 %: 10 min left" in line for line in lines)
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=10)
    assert ran.returncode == 130
    assert "Traceback" not in errors
    (listed,) = own_releases(console)
    assert f"`cfconsole releases show {listed['id']}`" in errors
    assert (listed["state"], len(runners(console.home))) == ("verifying", 1)

    aborted = console.run("releases", "abort", listed["id"], "--yes")
    assert aborted.code == Exit.DONE, aborted.stderr
    assert console.shop.serving("ended") == {"00003": 100}
    no_runner_left(console.home)
