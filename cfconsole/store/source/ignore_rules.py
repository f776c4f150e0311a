"""The rules that exclude files of a source directory from an upload: `.gcloudignore`, or else `.gitignore`.

The rules are git's, and the last one that matches counts. General rules come first, so that a directory's own rules can
include what they exclude.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cfconsole.store.source.errors import SourceError, unreadable_error
from cfconsole.store.source.ignore_patterns import IgnorePattern, parse_pattern

GCLOUD_RULES = ".gcloudignore"
GIT_RULES = ".gitignore"
NEVER_UPLOADED = frozenset({".git", ".hg", ".svn"})
"""Version control directories, which are never uploaded, whatever the rules say."""
JUNK = (
    *(".DS_Store", ".gcloudignore"),
    *("__pycache__/", "*.py[cod]", ".venv/", "venv/", ".tox/", ".nox/", "*.egg-info/"),
    *(".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/", ".coverage", ".idea/", ".vscode/"),
)
GCLOUD_DEFAULTS = (".gitignore", "node_modules")
"""What gcloud also excludes where there is no `.gcloudignore` (`gcloud topic gcloudignore`)."""

_INCLUDE = "#!include:"


class IgnoreRules:
    """The rules of one directory tree. Rules deeper in the tree take precedence over those above them."""

    def __init__(self, root: Path) -> None:
        """Reads the rules of the root. Raises `SourceError` for rules that can't be read."""
        own = _lines(root, GCLOUD_RULES)
        self._nested = own is None
        defaults = JUNK if own is not None else (*JUNK, *GCLOUD_DEFAULTS, *(_lines(root, GIT_RULES) or ()))
        self._patterns = {"": _patterns((*defaults, *_resolve_includes(root, own or ())))}

    def enter(self, folder: Path, name: str) -> None:
        """Reads the rules of a directory; `name` is its path in the tree, with a slash at the end.

        Only `.gitignore` files nest; `.gcloudignore` counts in the root only.
        """
        lines = _lines(folder, GIT_RULES, name) if self._nested and name else None
        if lines is not None:
            self._patterns[name] = _patterns(lines)

    def excludes(self, name: str, is_directory: bool) -> bool:
        """Whether a file or directory is excluded. Must not be called for anything below an excluded directory."""
        if name.rpartition("/")[2] in NEVER_UPLOADED:
            return True
        for above in _above(name):
            below = name[len(above) :]
            for pattern in self._patterns.get(above, ()):
                if pattern.matches(below, is_directory):
                    return not pattern.negated
        return False


def _above(name: str) -> Iterator[str]:
    """The directories that contain `name`, the nearest first: `a/b/`, `a/` and `` for `a/b/c`."""
    cut = name.rfind("/")
    while cut >= 0:
        yield name[: cut + 1]
        cut = name.rfind("/", 0, cut)
    yield ""


def _patterns(lines: Iterable[str]) -> tuple[IgnorePattern, ...]:
    """The rules of the lines, the one with the highest precedence first."""
    return tuple(filter(None, map(parse_pattern, lines)))[::-1]


def _lines(folder: Path, name: str, place: str = "") -> tuple[str, ...] | None:
    """The lines of a file; `None` where it does not exist. File names that are not UTF-8 are preserved.

    `place` is the folder's path in the tree, with a slash at the end; empty for the root.
    """
    try:
        text = (folder / name).read_text(encoding="utf-8-sig", errors="surrogateescape")
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise unreadable_error(place + name, error) from error
    return tuple(text.splitlines())


def _resolve_includes(root: Path, lines: Iterable[str]) -> Iterator[str]:
    """The lines, with gcloud's include directives resolved, which name other files of the root. They do not nest."""
    for line in lines:
        if not line.startswith(_INCLUDE):
            yield line
            continue
        name = line.removeprefix(_INCLUDE).strip()
        included = None if "/" in name else _lines(root, name)
        if included is None:
            raise SourceError(f"{GCLOUD_RULES} includes {name}, which is not in its directory; fix or remove that line")
        yield from included
