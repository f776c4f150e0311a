"""Looks whether the file with Google's credentials was written again; never into it."""

from __future__ import annotations

from pathlib import Path


class CredentialsFile:
    """The application default credentials of this user."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def stamp(self) -> object:
        """Differs once the file was written, made or removed."""
        try:
            status = self._file.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)
