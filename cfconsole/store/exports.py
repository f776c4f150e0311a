"""Text that the operator saves to files, which only their owner can read. No file is replaced unless asked for."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

_NAME_CHARACTERS = 80


def save_text(folder: Path, prefix: str, text: str) -> str:
    """Writes `text` to a new file whose name starts with `prefix`, and returns its path. Raises `OSError`.

    Characters that a file name can't contain become dashes, and unpaired surrogates in the text become escapes.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", prefix).strip(".-")[:_NAME_CHARACTERS] or "text"
    descriptor, path = tempfile.mkstemp(prefix=f"{readable}-", suffix=".txt", dir=folder)  # 0600 by itself
    _fill(descriptor, path, (text,))
    return path


def save_lines(folder: Path, home: Path, name: str, lines: Iterable[str], replace: bool) -> str:
    """Writes lines to the file `name`, relative to `folder`, and returns its path.

    Raises `FileExistsError` if the file exists and `replace` is false, and `OSError`. A file that is replaced stays
    as it is until the new one is complete.
    """
    path = folder / (home / name[2:] if name.startswith("~/") else name)
    rows = (f"{line}\n" for line in lines)
    if not replace:
        _fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), str(path), rows)
        return str(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A file in place of a device would make the device unusable for everyone.
        raise OSError(errno.EINVAL, "it is a device, not a file", str(path))
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name[:_NAME_CHARACTERS]}-", dir=path.parent)
    _fill(descriptor, beside, rows)
    try:
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise
    return str(path)


def _fill(descriptor: int, path: str, texts: Iterable[str]) -> None:
    """Writes all texts, or leaves no file."""
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.writelines(texts)
    except BaseException:
        os.unlink(path)
        raise
