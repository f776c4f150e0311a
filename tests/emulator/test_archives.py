"""Uploaded archives are unpacked inside their folder, up to a size limit, or refused with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from cfconsole.emulator.sources.archive import BadArchive, unpack
from cfconsole.emulator.sources.build import BuildFailed, FunctionCode, build
from tests.emulator.function_deploys import HELLO, zipped


def test_files_and_folders_are_written(tmp_path: Path) -> None:
    unpack(zipped({"main.py": "x", "shop/": "", "shop/rates.py": "y"}), tmp_path)
    assert (tmp_path / "shop/rates.py").read_text() == "y"
    assert (tmp_path / "main.py").read_text() == "x"


@pytest.mark.parametrize("name", ["../out.py", "a/../../out.py", "/tmp/out.py", "..\\out.py", "C:out.py"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArchive, match="outside its folder"):
        unpack(zipped({name: "x"}), tmp_path / "inside")
    assert not list(tmp_path.rglob("out.py"))


def test_links_are_refused(tmp_path: Path) -> None:
    archive = io.BytesIO()
    link = zipfile.ZipInfo("main.py")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(link, "/etc/passwd")
    with pytest.raises(BadArchive, match="a link"):
        unpack(archive.getvalue(), tmp_path)


def test_a_zip_bomb_is_stopped_by_its_unpacked_size(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("zeros", bytes(2_000_000))
    assert len(archive.getvalue()) < 10_000
    with pytest.raises(BadArchive, match="too large"):
        unpack(archive.getvalue(), tmp_path, max_bytes=1_000_000)


@pytest.mark.parametrize("archive", [b"", b"not a zip", zipped({"main.py": "x"})[:40]], ids=["empty", "text", "cut"])
def test_a_file_that_is_not_a_zip_file_is_refused(tmp_path: Path, archive: bytes) -> None:
    with pytest.raises(BadArchive, match="not a readable zip file"):
        unpack(archive, tmp_path)


async def test_a_build_without_functions_framework_says_what_to_install() -> None:
    with pytest.raises(BuildFailed, match=r"pip install 'cfconsole\[functions\]'"):
        await build(FunctionCode(zipped({"main.py": HELLO}), "hello"), framework="no_such_framework")
