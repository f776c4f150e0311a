"""`cfconsole deploy --source` on a served shop: functions are really built and run, and called through the gateway."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cfconsole.cli.exits import Exit
from cfconsole.emulator.scenarios.shop import EUROPE, HOME, PROJECT
from tests.cli.conftest import Console
from tests.cli.runners import killed, no_runner_left, own_releases
from tests.example_function import EXAMPLE_FUNCTION

NEW = ("--runtime", "python311", "--entry-point", "greet", "--create")
AT_ONCE = ("--bake", "0s")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The example function, to change."""
    return Path(shutil.copytree(EXAMPLE_FUNCTION, tmp_path / "greeter"))


def changed(source: Path, before: str, after: str, file: str = "main.py") -> Path:
    text = (source / file).read_text()
    assert before in text
    (source / file).write_text(text.replace(before, after))
    return source


def called(console: Console, name: str) -> Any:
    """What the function answers, through the gateway."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{console.shop.http}/run/{PROJECT}/{HOME}/{name}/?name=Ada", timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def visited(console: Console, name: str) -> Iterator[None]:
    """Somebody calls the function all the time: a rollback is verified by requests."""
    leave = threading.Event()

    def call() -> None:
        while not leave.wait(0.01):
            called(console, name)

    visitor = threading.Thread(target=call)
    visitor.start()
    try:
        yield
    finally:
        leave.set()
        visitor.join()


def uploads(console: Console) -> int:
    """How many upload addresses were asked for."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{console.shop.http}/admin/world", timeout=10) as answer:
        return int(json.load(answer)["calls"].get("GenerateUploadUrl", 0))


def deployed(console: Console, name: str, source: Path, *arguments: str) -> Any:
    consent = ("--yes", "--confirm", name.rpartition("/")[2])
    return console.run("deploy", name, "--source", str(source), *arguments, *consent)


def test_a_function_is_made_changed_by_canary_and_rolled_back(console: Console, source: Path) -> None:
    made = deployed(console, f"{HOME}/greeter", source, *NEW)
    assert made.code == Exit.DONE, made.stderr
    assert "greeter: artifact registry complete, build in progress" in made.stderr
    assert "1 file compiles with Python" in made.stderr
    assert "built from" in made.stdout
    assert called(console, "greeter")["greeting"] == "Hello, Ada!"

    changed(source, '"Hello")', '"Howdy")')
    canary = ("--strategy", "canary", "--steps", "50,100", *AT_ONCE, "--env", "GREETING_LEVEL=2", "--memory", "1Gi")
    again = deployed(console, "greeter", source, *canary)
    assert again.code == Exit.DONE, again.stderr
    said = [line.partition("greeter: ")[2] for line in again.stderr.splitlines()]
    order = (
        "uploading ",
        "writing pin the split",
        "deploying ",
        "artifact registry complete, build in progress; its log: ",
        "writing canary 50 %",
        "writing canary 100 %",
    )
    places = [next(place for place, line in enumerate(said) if line.startswith(start)) for start in order]
    assert places == sorted(places)
    answer = called(console, "greeter")
    assert answer["greeting"] == "Howdy, Ada!"
    assert answer["revision"].startswith("greeter-00002")
    service = console.shop.service("greeter")
    assert [(line["revision"], line["percent"]) for line in service["desired"] if line["percent"]] == [("LATEST", 100)]
    no_runner_left(console.home)
    (newest, *_) = console.json("revisions", "greeter").rows
    assert (newest["limits"]["memory"], "GREETING_LEVEL" in str(newest["env"])) == ("1Gi", True)

    bad = changed(source, "def greet(", "def other(")
    failed = deployed(console, "greeter", bad, *AT_ONCE)
    assert failed.code == Exit.ROLLED_BACK
    assert "main.py does not define greet, the function's entry point" in failed.stdout
    assert "traffic is as before" in failed.stderr, failed.stderr
    no_runner_left(console.home)
    assert called(console, "greeter")["greeting"] == "Howdy, Ada!"
    service = console.shop.service("greeter")
    pinned = [(line["revision"], line["percent"]) for line in service["desired"] if line["percent"]]
    assert pinned == [(answer["revision"], 100)], "LATEST might serve what did not start"

    with visited(console, "greeter"):
        back = console.run("rollback", "greeter", "--from", answer["revision"], "--yes", "--confirm", "greeter")
    assert back.code == Exit.DONE, back.stderr
    assert called(console, "greeter")["greeting"] == "Hello, Ada!"
    assert [(row["kind"], row["state"]) for row in own_releases(console)] == [
        ("rollback", "succeeded"),
        ("deploy", "rolled_back"),
        ("deploy", "succeeded"),
        ("deploy", "succeeded"),
    ]


def begun(console: Console, name: str, source: Path, *arguments: str) -> str:
    """Has a deploy under way whose build nobody can see the end of. Returns its id."""
    console.shop.fault(method="GetOperation", status="PERMISSION_DENIED", message="look later")
    consent = ("--yes", "--confirm", name)
    ran = console.json("deploy", name, "--source", str(source), *AT_ONCE, *arguments, *consent, "--no-wait")
    assert ran.code == Exit.DONE, ran.stderr
    release = str(ran.rows[0]["release"])
    deadline = time.monotonic() + 20
    while f"to function {name}: accepted" not in console.run("releases", "show", release).stdout:
        assert time.monotonic() < deadline, "the build does not begin"
    return release


def test_a_build_whose_process_is_killed_is_followed_on_or_left_to_itself(console: Console, source: Path) -> None:
    name = "survivor"
    assert deployed(console, f"{HOME}/{name}", source, *NEW).code == Exit.DONE

    release = begun(console, name, changed(source, '"Hello")', '"Howdy")'))
    killed(console.home)
    console.shop.clear_faults()
    (row,) = console.json("releases", "show", release).rows
    assert (row["state"], row["resumable"]) == ("interrupted", True)
    assert row["recovery"]["resume"] == "continue with build without traffic: checking the build"
    resumed = console.json("releases", "resume", release, "--yes", "--confirm", name)
    assert (resumed.code, resumed.rows[0]["state"]) == (Exit.DONE, "succeeded"), resumed.stderr
    assert called(console, name)["greeting"] == "Howdy, Ada!"
    no_runner_left(console.home)

    release = begun(console, name, changed(source, '"Howdy")', '"Moin")'))
    killed(console.home)
    aborted = console.json("releases", "abort", release, "--yes")
    assert (aborted.code, aborted.rows[0]["state"]) == (Exit.DONE, "aborted"), aborted.stderr
    assert "can't stop one" in aborted.rows[0]["outcome"]
    console.shop.clear_faults()
    no_runner_left(console.home)
    assert console.shop.serving(name) == {"00002": 100}

    stats = {row["measure"]: row["releases"] for row in console.json("releases", "stats").rows}
    assert (stats["success_rate"], stats["deployment_s"]) == (2, 2)


def test_a_release_under_way_is_named_before_any_upload(console: Console, source: Path) -> None:
    name = "patient"
    assert deployed(console, f"{HOME}/{name}", source, *NEW).code == Exit.DONE
    canary = ("--strategy", "canary", "--steps", "50,100", "--bake", "10m", "--no-wait")
    consent = ("--yes", "--confirm", name)
    release = str(console.json("deploy", name, "--source", str(source), *canary, *consent).rows[0]["release"])
    deadline = time.monotonic() + 20
    while "canary 50 %" not in console.run("releases", "show", release).stdout.partition("writing ")[2]:
        assert time.monotonic() < deadline, "the canary does not begin"
    before = uploads(console)

    ran = deployed(console, name, source, *AT_ONCE)

    assert ran.code == Exit.REFUSED
    assert f"release {release} of {name} is under way" in ran.stderr
    assert uploads(console) == before
    assert console.run("releases", "abort", release, *consent).code == Exit.DONE
    no_runner_left(console.home)


def test_what_is_wrong_with_the_source_is_said_before_any_upload(console: Console, source: Path) -> None:
    before = uploads(console)
    folder = changed(source, "def greet(request", "def greet(request:")

    ran = deployed(console, f"{EUROPE}/resize", folder)

    assert ran.code == Exit.REFUSED
    sentence, *lines = ran.stderr.splitlines()
    assert sentence.startswith(f"cfconsole: {PROJECT}/{EUROPE}/resize: nothing was uploaded: main.py does not compile")
    assert lines[0].strip().startswith('File "main.py", line ')
    assert lines[-1].strip().startswith("SyntaxError: ")
    assert uploads(console) == before
    assert own_releases(console) == []


def test_failing_tests_are_said_before_any_upload_and_as_a_document(console: Console, source: Path) -> None:
    before = uploads(console)
    tests = source / "tests"
    tests.mkdir()
    (tests / "test_main.py").write_text("def test_it():\n    assert 1 == 2\n")

    ran = console.json("deploy", "resize", "--source", str(source), "--yes", "--confirm", "resize")

    (row,) = ran.rows
    assert (ran.code, row["release"], row["build"]) == (Exit.REFUSED, None, None)
    assert "the tests fail (1 failed in" in row["outcome"]
    assert any("assert 1 == 2" in line for line in row["source"]["trouble"])
    assert uploads(console) == before


def test_a_dry_run_checks_and_plans_and_uploads_nothing(console: Console, source: Path) -> None:
    before = uploads(console)

    ran = console.json("deploy", "resize", "--source", str(source), "--strategy", "blue-green", "--dry-run")

    (row,) = ran.rows
    assert ran.code == Exit.DONE
    assert [step["label"] for step in row["plan"]["steps"]] == [
        "pin the split",
        "build without traffic",
        "tag green, no traffic",
        "green: all traffic",
    ]
    assert row["source"]["files"] == 2
    assert row["source"]["checked"][1] == "requirements.txt can be read"
    assert uploads(console) == before


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("orders", "--source", "."), Exit.USAGE, "orders is a service, not a function of Cloud Functions"),
        (("resize", "--source", ".", "--image", "x"), Exit.USAGE, "leave out --image and --container"),
        (("resize", "--source", ".", "--env", "PORT=1"), Exit.USAGE, "PORT is set by Cloud Run itself"),
        (("resize", "--source", ".", "--memory", "lots"), Exit.USAGE, "is not a valid function memory"),
        (("resize", "--image", "x", "--no-tests"), Exit.USAGE, "go with --source DIR"),
        (("brand-new", "--source", ".", "--create"), Exit.USAGE, "A new function needs --runtime"),
        (("brand-new", "--source", ".", *NEW), Exit.USAGE, "Say where to create brand-new: REGION/NAME"),
        (
            (f"{EUROPE}/resize", "--source", ".", *NEW),
            Exit.REFUSED,
            "resize already exists; deploy to it without --create",
        ),
        (("nobody", "--source", "."), Exit.USAGE, "There is no service nobody"),
        (("resize", "--source", "."), Exit.REFUSED, "add --yes --confirm resize to carry this out"),
    ],
)
def test_what_can_not_be_meant_is_one_sentence(
    console: Console,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: Exit,
    sentence: str,
) -> None:
    monkeypatch.chdir(source)
    ran = console.run("deploy", *arguments)
    assert ran.code == code, ran.stderr
    assert sentence in ran.stderr
