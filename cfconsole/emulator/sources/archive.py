"""Unpacks uploaded zip files, only into their folder and only up to a limited size."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path, PurePosixPath

MAX_FILES = 10_000
MAX_BYTES = 500 * 1024 * 1024
"""Unpacked size; Google's limit for functions of the first generation."""
_CHUNK = 256 * 1024


class BadArchive(Exception):
    """The archive can't be unpacked; the message says why."""


def unpack(archive: bytes, folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Writes the files of a zip archive to `folder`. Raises `BadArchive`, possibly after writing some files."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            members = zipped.infolist()
            if len(members) > MAX_FILES:
                raise BadArchive(f"The archive has {len(members)} files; at most {MAX_FILES} are unpacked.")
            left = max_bytes
            for member in members:
                left -= _unpack_member(zipped, member, folder, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadArchive(f"The archive is not a readable zip file: {error}.") from error
    except OSError as error:
        raise BadArchive(f"The archive can't be unpacked: {error.strerror or error}.") from error


def _unpack_member(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, max_bytes: int) -> int:
    """Writes one file and returns its size. The size stated in the archive is not trusted."""
    target = folder / _safe_path(member)
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with zipped.open(member) as packed, target.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise BadArchive("The unpacked archive is too large.")
            file.write(chunk)
    return size


def _safe_path(member: zipfile.ZipInfo) -> PurePosixPath:
    path = PurePosixPath(member.filename)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename or is_link:
        raise BadArchive(f"The archive contains a link or a path outside its folder: {member.filename!r}.")
    return path
