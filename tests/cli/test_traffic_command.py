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
        (("00003=10",), "--to-latest or --undo"),
        ((), "Say either"),
        (("--to-latest", "--undo"), "Say either"),
        (("--to-latest", "--unrecorded"), "--unrecorded"),
    ],
)
def test_what_can_not_be_asked_is_usage(console: Console, arguments: tuple[str, ...], sentence: str) -> None:
    ran = console.run("traffic", "denied", *arguments, "--yes")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert sentence in ran.stderr
