"""The archive of a source: a zip file that depends only on the names, contents and modes of its files."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile

from msgspec import Struct

from cfconsole.domain.source.packages import MAX_UNZIPPED_BYTES, MAX_ZIPPED_BYTES, format_bytes
from cfconsole.store.source.errors import SourceError, unreadable_error
from cfconsole.store.source.files import SourceFile, SourceListing

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of all files, which is the earliest that a zip file can store."""
_UNIX = 3
_LEVEL = 6
_KEY = b"PRIVATE KEY-----"
_KEY_WITHIN = 4096


class SourceArchive(Struct, frozen=True):
    """A zip file, and the warnings from making it."""

    content: bytes
    unzipped_bytes: int
    digest: str
    warnings: tuple[str, ...] = ()


def make_archive(
    listing: SourceListing, max_zipped: int = MAX_ZIPPED_BYTES, max_unzipped: int = MAX_UNZIPPED_BYTES
) -> SourceArchive:
    """Zips the files of a listing. Raises `SourceError` for a file that can't be read, and beyond the size limits."""
    packed, size, warnings = io.BytesIO(), 0, list[str]()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for file in listing.files:
            content = _read(file, max_unzipped - size)
            size += len(content)
            if _KEY in content[:_KEY_WITHIN]:
                warnings.append(f"{file.name} contains a private key and is uploaded; exclude it in .gcloudignore")
            archive.writestr(_header(file), content, zipfile.ZIP_DEFLATED, _LEVEL)
            if packed.tell() > max_zipped:
                raise _too_large(listing, max_zipped)
    content = packed.getvalue()
    if len(content) > max_zipped:
        raise _too_large(listing, max_zipped)
    return SourceArchive(content, size, hashlib.sha256(content).hexdigest(), tuple(warnings))


def _header(file: SourceFile) -> zipfile.ZipInfo:
    header = zipfile.ZipInfo(file.name, _MOMENT)
    header.create_system = _UNIX
    header.external_attr = (stat.S_IFREG | file.mode) << 16
    return header


def _read(file: SourceFile, limit: int) -> bytes:
    """The content of a file, which may have grown or been replaced since it was listed."""
    try:
        # Whatever replaced the file: reading a pipe does not block, and a link is not followed.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceError(f"{file.name} was replaced while being read; try again")
            content = opened.read(limit + 1)
    except OSError as error:
        raise unreadable_error(file.name, error) from error
    if len(content) > limit:
        raise SourceError(f"{file.name} grew beyond the limit while being read; try again")
    return content


def _too_large(listing: SourceListing, limit: int) -> SourceError:
    largest = sorted(listing.files, key=lambda file: file.size, reverse=True)[:3]
    named = ", ".join(f"{file.name} ({format_bytes(file.size)})" for file in largest)
    return SourceError(
        f"the archive is larger than {format_bytes(limit)}, the limit of an upload; exclude in "
        f".gcloudignore what is not needed. Largest files: {named}"
    )
