"""The source of a function on this machine: what to deploy, why it can't be, and what is uploaded."""

from __future__ import annotations

from msgspec import Struct

MAX_ZIPPED_BYTES = 100 * 1024 * 1024
"""The limits of Cloud Functions for an upload (from its page of quotas)."""
MAX_UNZIPPED_BYTES = 500 * 1024 * 1024
MAX_FILES = 10_000


class SourceSpec(Struct, frozen=True):
    """A directory to deploy a function from."""

    directory: str
    runtime: str = ""
    """Such as `python312`; empty: chosen by the files."""
    entry_point: str = ""
    run_tests: bool = True
    """Whether the function's own `tests/` must pass first."""


class SourceRefusal(Struct, frozen=True):
    """Why a directory can't be deployed. Nothing was uploaded."""

    sentence: str
    lines: tuple[str, ...] = ()
    """The first lines of the errors, such as a compiler's."""


class PackedSource(Struct, frozen=True):
    """The archive of a directory that passed all checks."""

    archive: bytes
    """A zip file. The same files give the same bytes."""
    directory: str
    files: int
    unzipped_bytes: int
    digest: str
    """The SHA-256 of the archive."""
    passed_checks: tuple[str, ...] = ()
    """The checks that passed, in words."""
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """A description, e.g. `/srv/greeter, 3 files, 1.2 KiB zipped, sha256 1f0c5e…`."""
        files = f"{self.files:,} file{'' if self.files == 1 else 's'}"
        return f"{self.directory}, {files}, {format_bytes(len(self.archive))} zipped, sha256 {self.digest[:12]}"


def format_bytes(count: int) -> str:
    """A size for display: `812 B`, `1.2 KiB`, `97.0 MiB`."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KiB"
    return f"{count / (1024 * 1024):.1f} MiB"
