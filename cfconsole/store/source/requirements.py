"""Checks that the files with a source's dependencies can be read: requirements.txt and package.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from cfconsole.store.source.errors import SourceError, unreadable_error
from cfconsole.store.source.files import SourceFile, SourceListing

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=)?(?P<file>\S.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_PIP_OPTIONS = re.compile(r"\s--\S.*")
_LOCAL = re.compile(r"\.{0,2}/|\S+\.(?:whl|zip|tar\.gz)$|\.$")


def check_requirements(listing: SourceListing, show: Callable[[str], str]) -> str:
    """The check that passed, in words; empty where there is no requirements.txt. Raises `SourceError`."""
    checked: set[str] = set()
    left = ["requirements.txt"] if listing.file("requirements.txt") else []
    while left:
        name = left.pop()
        file = listing.file(name)
        if file is None:
            raise SourceError(
                f"requirements.txt includes {show(name)}, which is not uploaded; add the file or remove the line"
            )
        checked.add(name)
        included = _includes(file, show)
        left.extend(sorted(set(included) - checked - set(left)))
    return f"{' and '.join(sorted(checked))} can be read" if checked else ""


def check_package(listing: SourceListing, show: Callable[[str], str]) -> str:
    """The same for package.json, which must exist. Raises `SourceError`."""
    file = listing.file("package.json")
    if file is None:
        raise SourceError("there is no package.json with the function's entry file and dependencies; add one")
    try:
        msgspec.json.decode(_text(file), type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise SourceError(f"package.json can't be read: {show(str(error))}") from error
    return "package.json can be read"


def _includes(file: SourceFile, show: Callable[[str], str]) -> Iterator[str]:
    """The names of the other files that this one includes."""
    for number, line in _logical_lines(_text(file)):
        include = _INCLUDE.fullmatch(line)
        if include:
            name = include["file"].strip()
            if "://" not in name:
                yield _beside(file.name, name)
        elif not _is_readable(line):
            wrong = f"line {number}: {show(line)[:200]}"
            raise SourceError(f"{file.name} can't be read; write requirements like flask==3.0.*", (wrong,))


def _is_readable(line: str) -> bool:
    """Whether a line is valid. Options, URLs and local packages are not checked: only pip understands them."""
    if line.startswith("-") or "://" in line or _LOCAL.match(line):
        return True
    try:
        Requirement(_PIP_OPTIONS.sub("", line))
    except InvalidRequirement:
        return False
    return True


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines without comments and with continuations joined, each with the number of its first line."""
    joined, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if joined else number
        joined += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        requirement = _COMMENT.sub("", joined).strip()
        joined = ""
        if requirement:
            yield first, requirement


def _beside(name: str, other: str) -> str:
    """The name in the archive of `other`, which is relative to the file `name`."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / other).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _text(file: SourceFile) -> str:
    try:
        return file.path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{file.name} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise unreadable_error(file.name, error) from error
