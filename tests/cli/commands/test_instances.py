"""`cfconsole scale` on a served shop."""

from __future__ import annotations

import pytest

from cfconsole.cli.exits import Exit
from tests.cli.conftest import Console


def test_instances_are_set_and_taken_back(console: Console) -> None:
    arguments = ("scale", "resized", "--min", "2", "--max", "5", "--yes", "--confirm", "resized")
    done = console.json(*arguments)
    assert done.code == Exit.DONE, done.stderr
    (row,) = done.rows
    assert (row["kind"], row["state"]) == ("scale", "succeeded")
    assert row["plan"]["scaling"]["after"] == {"min_instances": 2, "max_instances": 5}
    assert "already" in console.run(*arguments).stdout
    assert console.shop.serving("resized") == {"00003": 100}

    undone = console.json("traffic", "resized", "--undo", "--yes")
    assert undone.code == Exit.DONE, undone.stderr
    assert undone.rows[0]["plan"]["scaling"]["after"] == row["plan"]["scaling"]["before"]
    (planned,) = console.json("scale", "resized", "--min", "2", "--dry-run").rows
    assert planned["plan"]["scaling"]["before"] == row["plan"]["scaling"]["before"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Give --min, --max or both"),
        (("--min", "-1"), "can't be negative"),
        (("--min", "5", "--max", "2"), "raise the maximum"),
    ],
)
def test_what_can_not_be_is_usage(console: Console, arguments: tuple[str, ...], sentence: str) -> None:
    ran = console.run("scale", "denied", *arguments, "--yes", "--confirm", "denied")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert sentence in ran.stderr


def test_an_api_that_refuses_is_asked_before_anything_is_written(console: Console) -> None:
    console.shop.fault(kind="denied", method="UpdateService", permission="run.services.update")
    ran = console.json("scale", "denied", "--min", "1", "--yes", "--confirm", "denied")
    assert (ran.code, ran.rows[0]["release"]) == (Exit.FAILED, None)
    assert "nothing was changed" in ran.rows[0]["outcome"]
