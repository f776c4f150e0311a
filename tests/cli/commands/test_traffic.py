"""`cfconsole traffic` on a served shop."""

from __future__ import annotations

import pytest

from cfconsole.cli.exits import Exit
from tests.cli.conftest import Console


def test_a_pinned_service_goes_to_latest_and_back(console: Console) -> None:
    unconfirmed = console.run("traffic", "pinned", "--to-latest", "--yes")
    assert unconfirmed.code == Exit.REFUSED
    assert "--confirm pinned" in unconfirmed.stderr
    assert console.shop.serving("pinned") == {"00002": 100}

    ran = console.json("traffic", "pinned", "--to-latest", "--yes", "--confirm", "pinned")
    assert (ran.code, ran.rows[0]["state"]) == (Exit.DONE, "succeeded")
    assert ran.rows[0]["plan"]["after"] == [{"revision": "LATEST", "percent": 100, "tag": None}]
    assert console.shop.service("pinned")["desired"][0]["revision"] == "LATEST"
    assert console.shop.serving("pinned") == {"00003": 100}

    again = console.run("traffic", "pinned", "--to-latest", "--yes", "--confirm", "pinned")
    assert again.code == Exit.DONE
    assert "already" in again.stdout

    undone = console.json("traffic", "pinned", "--undo", "--yes")
    assert undone.code == Exit.DONE
    assert console.shop.serving("pinned") == {"00002": 100}

    back = console.run("traffic", "pinned", "--to-latest", "--yes", "--confirm", "pinned")
    assert back.code == Exit.REFUSED
    assert "--revision pinned-00003" in back.stderr
    assert console.shop.serving("pinned") == {"00002": 100}


def test_nothing_to_undo_is_refused(console: Console) -> None:
    ran = console.run("traffic", "denied", "--undo", "--yes")
    assert ran.code == Exit.REFUSED
    assert "no change of denied" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Give REVISION=PERCENT"),
        (("--to-latest", "--undo"), "Give REVISION=PERCENT"),
        (("00003=10", "--undo"), "Give REVISION=PERCENT"),
        (("--to-latest", "--unrecorded"), "--unrecorded"),
        (("00003=10", "--unrecorded"), "--unrecorded"),
        (("00003",), "'00003' is not a traffic share"),
        (("00003=many",), "write it like 00042=10"),
        (("--tag", "00003"), "'00003' is not a tag"),
    ],
)
def test_what_can_not_be_asked_is_usage(console: Console, arguments: tuple[str, ...], sentence: str) -> None:
    ran = console.run("traffic", "denied", *arguments, "--yes")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert sentence in ran.stderr


def test_shares_that_can_not_be_are_said_in_one_sentence(console: Console) -> None:
    ran = console.run("traffic", "denied", "00003=60", "00002=50", "--yes", "--confirm", "denied")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert ran.stderr.count("\n") == 1
    assert "the shares sum to 110 %" in ran.stderr


def test_a_split_by_hand_is_written_with_its_tags_and_taken_back(console: Console) -> None:
    arguments = ("traffic", "shared", "00002=90", "--tag", "next=00001", "--yes", "--confirm", "shared")
    done = console.json(*arguments)
    assert done.code == Exit.DONE, done.stderr
    (row,) = done.rows
    assert (row["kind"], row["state"]) == ("shift", "succeeded")
    assert console.shop.serving("shared") == {"00003": 10, "00002": 90}
    tags = {line["tag"]: line["revision"] for line in console.shop.service("shared")["desired"] if line.get("tag")}
    assert tags["next"].startswith("shared-00001")
    again = console.run(*arguments)
    assert again.code == Exit.DONE
    assert "already" in again.stdout

    undone = console.json("traffic", "shared", "--undo", "--yes")
    assert undone.code == Exit.DONE, undone.stderr
    assert console.shop.serving("shared") == {"00003": 100}
