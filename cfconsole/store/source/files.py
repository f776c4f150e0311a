"""The files of a source directory to upload: walks the tree, follows links within it, and checks the limits."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from cfconsole.domain.source.packages import MAX_FILES, MAX_UNZIPPED_BYTES, format_bytes
from cfconsole.store.source.errors import SourceError, unreadable_error
from cfconsole.store.source.ignore_rules import IgnoreRules

SECRET_NAMES = (
    *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "id_rsa", "id_ecdsa", "id_ed25519", "id_dsa"),
    *(".netrc", ".pypirc", ".pgpass", "credentials.json", "*service[-_]account*.json", "client_secret*.json"),
)
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist")
_EXCLUDE_HINT = "exclude it in .gcloudignore"
_SHRINK_HINT = "exclude in .gcloudignore what is not needed"


class SourceFile(Struct, frozen=True, order=True):
    """One file to upload."""

    name: str
    """Its path in the archive, with slashes."""
    path: Path
    """The file to read, with links resolved."""
    mode: int
    size: int


class SourceListing(Struct, frozen=True):
    """All files of a directory to upload, sorted by name."""

    root: Path
    files: tuple[SourceFile, ...]
    warnings: tuple[str, ...] = ()

    def file(self, name: str) -> SourceFile | None:
        return next((file for file in self.files if file.name == name), None)


class _Folder(Struct, frozen=True):
    """A directory to walk."""

    path: Path
    name: str
    """Its path in the archive, with a slash at the end; empty for the root."""
    inside: tuple[Path, ...]
    """The directory itself and those that lead to it, resolved."""


def list_files(directory: Path, max_files: int = MAX_FILES, max_bytes: int = MAX_UNZIPPED_BYTES) -> SourceListing:
    """The files of a directory, without those that its rules exclude. Raises `SourceError`."""
    if not directory.exists():
        raise SourceError(f"there is no directory {directory}; name the one that contains the function")
    if not directory.is_dir():
        raise SourceError(f"{directory} is not a directory; name the one that contains the function")
    walk = _Walk(directory.resolve())
    files: list[SourceFile] = []
    size = 0
    for file in walk.files():
        files.append(file)
        size += file.size
        if len(files) > max_files:
            raise SourceError(f"{directory} has more than {max_files:,} files to upload; {_SHRINK_HINT}")
        if size > max_bytes:
            raise SourceError(
                f"{directory} has more than {format_bytes(max_bytes)} to upload, including {file.name} "
                f"({format_bytes(file.size)}); {_SHRINK_HINT}"
            )
    if not files:
        rules, other = "check the rules in its .gcloudignore or .gitignore", "name the one that contains the function"
        raise SourceError(f"{directory} has no files to deploy; {rules if any(directory.iterdir()) else other}")
    return SourceListing(walk.root, tuple(sorted(files)), tuple(sorted(walk.warnings)))


class _Walk:
    """One walk through the tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warnings: list[str] = []
        self._rules = IgnoreRules(root)

    def files(self) -> Iterator[SourceFile]:
        folders = [_Folder(self.root, "", (self.root,))]
        while folders:
            folder = folders.pop()
            self._rules.enter(folder.path, folder.name)
            for entry in _entries(folder):
                found = self._resolve(folder, entry)
                if isinstance(found, _Folder):
                    folders.append(found)
                elif found:
                    yield found

    def _resolve(self, folder: _Folder, entry: os.DirEntry[str]) -> SourceFile | _Folder | None:
        """The file or directory of an entry, or `None` for one that is left out."""
        name = folder.name + entry.name
        try:
            is_folder = entry.is_dir()
            if self._rules.excludes(name, is_folder):
                return None
            path = self._inside(name, Path(entry.path)) if entry.is_symlink() else Path(entry.path)
            if path is None:
                return None
            if is_folder:
                return self._enter(folder, name, path)
            return self._file(name, path, path.stat())
        except OSError as error:
            raise unreadable_error(name, error) from error

    def _inside(self, name: str, link: Path) -> Path | None:
        """The target of a link, which must be in the tree; `None` for a broken link."""
        try:
            path = link.resolve(strict=True)
        except (OSError, RuntimeError):
            self.warnings.append(f"{name} is left out: it is a broken link")
            return None
        if not path.is_relative_to(self.root):
            raise SourceError(
                f"{name} links out of the directory, to {path}; copy the target into it, or {_EXCLUDE_HINT}"
            )
        return path

    def _enter(self, folder: _Folder, name: str, path: Path) -> _Folder:
        if path in folder.inside:
            raise SourceError(f"{name} links to a directory that contains it; {_EXCLUDE_HINT}")
        return _Folder(path, f"{name}/", (*folder.inside, path))

    def _file(self, name: str, path: Path, found: os.stat_result) -> SourceFile | None:
        if not stat.S_ISREG(found.st_mode):
            self.warnings.append(f"{name} is left out: it is not a regular file")
            return None
        try:
            name.encode()
        except UnicodeEncodeError:
            raise SourceError(f"the name of {name!a} is not UTF-8; rename it, or {_EXCLUDE_HINT}") from None
        if _is_secret_like(name) or _is_secret_like(path.name):
            self.warnings.append(f"{name} looks like a secret and is uploaded; {_EXCLUDE_HINT} if it is one")
        return SourceFile(name, path, stat.S_IMODE(found.st_mode) & 0o777, found.st_size)


def _entries(folder: _Folder) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder.path) as entries:
            return list(entries)
    except OSError as error:
        raise unreadable_error(folder.name or str(folder.path), error) from error


def _is_secret_like(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last not in _EXAMPLES and any(fnmatchcase(last, pattern) for pattern in SECRET_NAMES)
