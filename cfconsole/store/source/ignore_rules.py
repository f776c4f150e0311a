"""Owns which files of a source directory are left out of an upload: the rules of `.gcloudignore`, else of `.gitignore`.

Rules mean what they mean to git, and the last one that matches counts. What is junk everywhere comes first, so a
directory's own rules can bring it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cfconsole.store.source.errors import SourceError, unreadable_error
from cfconsole.store.source.ignore_patterns import IgnorePattern, parse_pattern

GCLOUD_RULES = ".gcloudignore"
GIT_RULES = ".gitignore"
NEVER_UPLOADED = frozenset({".git", ".hg", ".svn"})
"""The history of the source is no part of it, whatever the rules say."""
JUNK = (
    *(".DS_Store", ".gcloudignore"),
    *("__pycache__/", "*.py[cod]", ".venv/", "venv/", ".tox/", ".nox/", "*.egg-info/"),
    *(".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/", ".coverage", ".idea/", ".vscode/"),
)
GCLOUD_DEFAULTS = (".gitignore", "node_modules")
"""What gcloud leaves out of functions besides, where there is no `.gcloudignore` (`gcloud topic gcloudignore`)."""

_INCLUDE = "#!include:"


class IgnoreRules:
    """The rules of one directory tree. Rules deeper in the tree outrank those above them."""

    def __init__(self, root: Path) -> None:
        """Raises `SourceError` for rules that can't be read."""
        own = _lines(root, GCLOUD_RULES)
        self._nested = own is None
        defaults = JUNK if own is not None else (*JUNK, *GCLOUD_DEFAULTS, *(_lines(root, GIT_RULES) or ()))
        self._patterns = {"": _patterns((*defaults, *_included(root, own or ())))}

    def enter(self, folder: Path, name: str) -> None:
        """Takes up the rules of a directory below; `name` is its path in the tree, with a slash at the end.

        Only git's rules nest: `.gcloudignore` counts at the top alone.
        """
        lines = _lines(folder, GIT_RULES) if self._nested and name else None
        if lines is not None:
            self._patterns[name] = _patterns(lines)

    def excludes(self, name: str, is_directory: bool) -> bool:
        """Whether a file or a directory is left out. What is below one that is left out is not to be asked about."""
        if name.rpartition("/")[2] in NEVER_UPLOADED:
            return True
        for above in _above(name):
            below = name[len(above) :]
            for pattern in self._patterns.get(above, ()):
                if pattern.matches(below, is_directory):
                    return not pattern.negated
        return False


def _above(name: str) -> Iterator[str]:
    """The directories that hold `name`, the nearest first: `a/b/`, `a/`, and `` for `a/b/c`."""
    cut = name.rfind("/")
    while cut >= 0:
        yield name[: cut + 1]
        cut = name.rfind("/", 0, cut)
    yield ""


def _patterns(lines: Iterable[str]) -> tuple[IgnorePattern, ...]:
    """The rule that counts most first."""
    return tuple(filter(None, map(parse_pattern, lines)))[::-1]


def _lines(folder: Path, name: str) -> tuple[str, ...] | None:
    """`None` where there is no such file. Names of files that are no UTF-8 stay what they are."""
    try:
        text = (folder / name).read_text(encoding="utf-8-sig", errors="surrogateescape")
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise unreadable_error(name, error) from error
    return tuple(text.splitlines())


def _included(root: Path, lines: Iterable[str]) -> Iterator[str]:
    """The lines with gcloud's directive followed: other rules of the same directory, and no further."""
    for line in lines:
        if not line.startswith(_INCLUDE):
            yield line
            continue
        name = line.removeprefix(_INCLUDE).strip()
        included = None if "/" in name else _lines(root, name)
        if included is None:
            raise SourceError(f"{GCLOUD_RULES} includes {name}, which is not in its directory; fix or remove that line")
        yield from included
