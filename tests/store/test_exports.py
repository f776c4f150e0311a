"""Text saved to files: new, private, complete."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfconsole.store.exports import save_lines, save_text


def test_text_is_kept_as_it_is_under_a_new_name_each_time(tmp_path: Path) -> None:
    text = "one\ttwo\r\n→ three\n"
    paths = [Path(save_text(tmp_path / "exports", "copy", text)) for _ in range(2)]
    assert len(set(paths)) == 2
    assert {path.read_bytes().decode() for path in paths} == {text}
    assert all(path.name.startswith("copy-") and path.suffix == ".txt" for path in paths)


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = Path(save_text(tmp_path / "exports", "copy", "text"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("prefix", ["../../etc/passwd", "/etc/x", "..", "", "a\nb", "n" * 5000])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, prefix: str) -> None:
    assert Path(save_text(tmp_path, prefix, "text")).parent == tmp_path


def test_half_a_character_does_not_lose_the_rest(tmp_path: Path) -> None:
    assert Path(save_text(tmp_path, "copy", "a\ud800b")).read_text(encoding="utf-8") == "a\\ud800b"


def test_a_folder_that_can_not_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file, not a folder")
    with pytest.raises(OSError, match="exports"):
        save_text(tmp_path / "exports", "copy", "text")


@pytest.mark.parametrize("replace", [False, True])
def test_lines_go_to_the_file_that_was_named(tmp_path: Path, replace: bool) -> None:
    path = Path(save_lines(tmp_path, tmp_path, "out.log", ["one", "→ two\ud800"], replace))
    assert path == tmp_path / "out.log"
    assert path.read_text(encoding="utf-8") == "one\n→ two\\ud800\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_names_may_begin_at_home_and_at_the_root(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert save_lines(tmp_path, home, "~/a", [], False) == str(home / "a")
    assert save_lines(home, home, str(tmp_path / "b"), [], False) == str(tmp_path / "b")


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    with pytest.raises(FileExistsError):
        save_lines(tmp_path, tmp_path, "out", ["new"], False)
    assert (tmp_path / "out").read_text() == "old"
    save_lines(tmp_path, tmp_path, "out", ["new"], True)
    assert (tmp_path / "out").read_text() == "new\n"


@pytest.mark.parametrize("replace", [False, True])
def test_an_interrupted_save_leaves_nothing_behind(tmp_path: Path, replace: bool) -> None:
    def lines() -> Iterator[str]:
        yield "one"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        save_lines(tmp_path, tmp_path, "out", lines(), replace)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(IsADirectoryError):
        save_lines(tmp_path, tmp_path, "out", ["new"], True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out")
    with pytest.raises(OSError, match="not a file"):
        save_lines(tmp_path, tmp_path, "out", ["new"], True)
    assert (tmp_path / "out").is_fifo()
