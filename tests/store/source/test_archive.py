"""The files of a directory that are uploaded, and those that are refused."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from cfconsole.store.source.archive import make_archive
from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.files import list_files
from tests.store.folders import MAIN, folder


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_same_files_make_the_same_archive_whatever_their_times(tmp_path: Path) -> None:
    files = {"main.py": MAIN, "lib/b.py": "", "lib/ä.py": "", "a.py": ""}
    one = folder(tmp_path / "one", files)
    other = folder(tmp_path / "other", dict(reversed(files.items())))
    os.utime(other / "main.py", (1_000_000_000, 1_000_000_000))

    made, again = make_archive(list_files(one)), make_archive(list_files(other))

    assert made == again
    assert opened(made.content).namelist() == ["a.py", "lib/b.py", "lib/ä.py", "main.py"]
    assert opened(made.content).read("main.py").decode() == MAIN
    assert made.unzipped_bytes == len(MAIN)


def test_modes_are_kept_and_change_the_digest(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "run.sh": ""})
    before = make_archive(list_files(root))
    (root / "run.sh").chmod(0o4750)

    after = make_archive(list_files(root))

    assert opened(after.content).getinfo("run.sh").external_attr >> 16 == 0o100750
    assert after.digest != before.digest


def test_links_that_stay_inside_are_uploaded_as_what_they_point_to(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "lib/a.py": "a = 1"})
    (root / "b.py").symlink_to("lib/a.py")
    (root / "twin").symlink_to("lib", target_is_directory=True)
    (root / ".#main.py").symlink_to("nobody@nowhere")

    listing = list_files(root)

    archive = opened(make_archive(listing).content)
    assert archive.namelist() == ["b.py", "lib/a.py", "main.py", "twin/a.py"]
    assert archive.read("twin/a.py") == b"a = 1"
    assert listing.warnings == (".#main.py is left out: it is a broken link",)


def test_a_link_out_of_the_directory_is_refused_unless_it_is_left_out(tmp_path: Path) -> None:
    outside = folder(tmp_path / "outside", {"secret": "x"})
    root = folder(tmp_path / "root", {"main.py": MAIN})
    (root / "lib").symlink_to(outside, target_is_directory=True)

    with pytest.raises(
        SourceError, match=r"lib links out of the directory, to .*/outside; copy the target into it, or exclude"
    ):
        list_files(root)

    folder(root, {".gcloudignore": "lib"})
    assert [file.name for file in list_files(root).files] == ["main.py"]


def test_a_link_to_a_directory_that_it_is_in_is_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, {"lib/a.py": ""})
    (root / "lib" / "again").symlink_to("..", target_is_directory=True)

    with pytest.raises(SourceError, match="lib/again links to a directory that contains it"):
        list_files(root)


def test_a_pipe_is_left_out_with_a_warning(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN})
    os.mkfifo(root / "pipe")

    listing = list_files(root)

    assert [file.name for file in listing.files] == ["main.py"]
    assert listing.warnings == ("pipe is left out: it is not a regular file",)


def test_a_pipe_in_place_of_a_listed_file_does_not_block(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN})
    listing = list_files(root)
    (root / "main.py").unlink()
    os.mkfifo(root / "main.py")

    with pytest.raises(SourceError, match=r"main\.py was replaced while being read"):
        make_archive(listing)


def test_a_likely_secret_is_a_warning(tmp_path: Path) -> None:
    key = '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE"}'
    root = folder(
        tmp_path, {".env": "A=b", ".env.example": "A=", "lib/tls.KEY": "", "robot.json": key, "main.py": MAIN}
    )

    listing = list_files(root)

    assert [warning.split(" and ")[0] for warning in listing.warnings] == [
        ".env looks like a secret",
        "lib/tls.KEY looks like a secret",
    ]
    assert make_archive(listing).warnings == (
        "robot.json contains a private key and is uploaded; exclude it in .gcloudignore",
    )


def test_a_directory_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    file = folder(tmp_path, {"main.py": MAIN}) / "main.py"
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(SourceError, match=r"there is no directory .*/missing; name the one"):
        list_files(tmp_path / "missing")
    with pytest.raises(SourceError, match="is not a directory"):
        list_files(file)
    with pytest.raises(SourceError, match="empty has no files to deploy; name the one that contains the function"):
        list_files(empty)
    (empty / ".gcloudignore").write_text("*\n")
    with pytest.raises(SourceError, match=r"empty has no files to deploy; check the rules in its .gcloudignore"):
        list_files(empty)


def test_too_many_files_and_too_many_bytes_are_refused_with_the_largest_named(tmp_path: Path) -> None:
    noise = os.urandom(3000)
    root = folder(tmp_path, {"main.py": MAIN, "model.bin": noise, "small.bin": noise[:500]})

    with pytest.raises(SourceError, match=r"has more than 2 files to upload; exclude in .gcloudignore what"):
        list_files(root, max_files=2)
    with pytest.raises(SourceError, match=r"has more than 2.0 KiB to upload, including model.bin \(2.9 KiB\)"):
        list_files(root, max_bytes=2048)
    with pytest.raises(SourceError, match=r"larger than 1.0 KiB.*Largest files: model.bin \(2.9 KiB\), small.bin"):
        make_archive(list_files(root), max_zipped=1024)


def test_a_file_that_grows_while_it_is_read_does_not_pass_the_limit(tmp_path: Path) -> None:
    listing = list_files(folder(tmp_path, {"main.py": "x"}))
    (tmp_path / "main.py").write_bytes(b"x" * 100)

    with pytest.raises(SourceError, match=r"main\.py grew beyond the limit"):
        make_archive(listing, max_unzipped=50)


def test_a_file_that_went_away_after_it_was_listed_is_named(tmp_path: Path) -> None:
    listing = list_files(folder(tmp_path, {"main.py": MAIN}))
    (tmp_path / "main.py").unlink()

    with pytest.raises(SourceError, match=r"main\.py can't be read: No such file or directory"):
        make_archive(listing)


def test_reading_ends_where_the_archive_is_too_large(tmp_path: Path) -> None:
    listing = list_files(folder(tmp_path, {"a.bin": os.urandom(3000), "main.py": MAIN}))
    (tmp_path / "main.py").unlink()

    with pytest.raises(SourceError, match=r"larger than 1\.0 KiB"):
        make_archive(listing, max_zipped=1024)


def test_a_name_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN})
    with open(os.fsencode(root) + b"/\xff.py", "wb"):
        pass

    with pytest.raises(SourceError, match=r"the name of '.udcff.py' is not UTF-8"):
        list_files(root)
