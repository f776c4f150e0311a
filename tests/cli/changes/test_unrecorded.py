"""What goes on although the journal takes nothing, and where its intent is then."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.cli.console.run import print_unrecorded_releases
from cfconsole.cli.exits import Exit
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.session.state.console_state import ConsoleState
from tests import builders
from tests.cli.conftest import Console

TAGGED = ("traffic", "shared", "--tag", "kept=00001", "--yes", "--confirm", "shared")


def test_an_undo_goes_on_only_if_that_is_said_and_a_shift_never_does(console: Console) -> None:
    assert console.run(*TAGGED).code == Exit.DONE
    # A journal that can be read and takes nothing, as on a full disk, whoever runs the test.
    journal = console.home / ".local" / "state" / "cfconsole" / "journal-emulator.sqlite"
    with contextlib.closing(sqlite3.connect(journal)) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON releases BEGIN SELECT RAISE(ABORT, 'no room is left'); END"
        )
    shifted = console.run("traffic", "shared", "--untag", "kept", "--yes", "--confirm", "shared")
    assert shifted.code == Exit.REFUSED
    assert "no room is left" in shifted.stderr
    assert "--unrecorded" not in shifted.stderr

    refused = console.run("traffic", "shared", "--undo", "--yes")
    assert refused.code == Exit.REFUSED
    assert "--unrecorded" in refused.stderr
    assert _tags(console) == {"kept"}

    done = console.json("traffic", "shared", "--undo", "--yes", "--unrecorded")
    assert done.code == Exit.DONE, done.stderr
    (intent,) = (json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
    assert (intent["release"], intent["kind"]) == (done.rows[0]["release"], "undo")
    assert _tags(console) == set()


def _tags(console: Console) -> set[str]:
    return {line["tag"] for line in console.shop.service("shared")["desired"] if line.get("tag")}


def test_a_console_that_is_left_says_what_went_on_and_not_what_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    ended = builders.NOW + timedelta(seconds=4)
    release = replace(
        builders.release(),
        plan=builders.plan(kind=ReleaseKind.ROLLBACK),
        state=ReleaseState.SUCCEEDED,
        ended_at=ended,
        outcome="it moved",
    )
    state = ConsoleState(releases=(replace(release, id="r-2"), replace(release, id="r-1")))
    print_unrecorded_releases(state)
    assert capsys.readouterr().err == ""
    print_unrecorded_releases(replace(state, unrecorded={"r-1": False, "r-2": True}))
    why, intent = capsys.readouterr().err.splitlines()
    assert why == "cfconsole: unrecorded: it moved"
    assert (json.loads(intent)["release"], json.loads(intent)["kind"]) == ("r-2", "rollback")
