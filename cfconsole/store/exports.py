"""Text that the operator wants to keep: a fresh file each time, readable by its owner alone."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_NAME_CHARACTERS = 80


def save_text(folder: Path, begins_as: str, text: str) -> str:
    """Writes `text` under a new name that begins as asked, and returns the path. Raises `OSError`.

    What can't stand in a file name becomes a dash; half a character of UTF-16 becomes its escape.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", begins_as).strip(".-")[:_NAME_CHARACTERS] or "text"
    descriptor, path = tempfile.mkstemp(prefix=f"{readable}-", suffix=".txt", dir=folder)  # 0600 by itself
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
    except BaseException:
        os.unlink(path)
        raise
    return path
