"""Text kept in files: fresh, private, whole."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cfconsole.store.exports import save_text


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


@pytest.mark.parametrize("begins_as", ["../../etc/passwd", "/etc/x", "..", "", "a\nb", "n" * 5000])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, begins_as: str) -> None:
    assert Path(save_text(tmp_path, begins_as, "text")).parent == tmp_path


def test_half_a_character_does_not_lose_the_rest(tmp_path: Path) -> None:
    assert Path(save_text(tmp_path, "copy", "a\ud800b")).read_text(encoding="utf-8") == "a\\ud800b"


def test_a_folder_that_can_not_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file, not a folder")
    with pytest.raises(OSError, match="exports"):
        save_text(tmp_path / "exports", "copy", "text")
