"""The file with Google's credentials, watched for changes. Its content is never read."""

from __future__ import annotations

from pathlib import Path


class CredentialsFile:
    """The file with the application default credentials of this user."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def stamp(self) -> object:
        """A value that changes when the file is written, created or removed."""
        try:
            status = self._file.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)
