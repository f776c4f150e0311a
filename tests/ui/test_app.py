"""An internal error ends the console with one sentence that holds no secret."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cfconsole.store.exports import save_text
from cfconsole.ui.app import crash_message
from tests.ui.running_console import SETTINGS, running_console


def raised(password: str) -> Exception:
    try:
        raise KeyError("no \x1b[31mred")
    except KeyError as error:
        assert password
        return error


async def fail_in_console() -> None:
    def broken() -> None:
        secret = "hunter2"
        raise LookupError(len(secret))

    async with running_console(settings=SETTINGS) as console:
        console.app.call_later(broken)
        await console.pilot.pause()


def test_the_sentence_names_the_error_and_where_its_place_is_kept(tmp_path: Path) -> None:
    error = raised(password="hunter2")
    sentence = crash_message(error, lambda name, text: save_text(tmp_path, name, text))
    (kept,) = tmp_path.iterdir()
    assert sentence.startswith("cfconsole crashed with an internal error (KeyError: ")
    assert "\x1b" not in sentence
    assert str(kept) in sentence
    assert "in raised" in kept.read_text()
    assert "hunter2" not in kept.read_text()


def test_a_full_disk_takes_nothing_from_the_sentence() -> None:
    def full(name: str, text: str) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert "could not be saved (No space left on device)" in crash_message(ValueError("x"), full)
    assert crash_message(ValueError(), None).endswith("Restart cfconsole.")


async def test_the_screen_ends_with_that_sentence_and_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LookupError):
        await fail_in_console()
    printed = capsys.readouterr().err
    assert "cfconsole crashed with an internal error (LookupError: 7)" in " ".join(printed.split())
    assert "hunter2" not in printed
