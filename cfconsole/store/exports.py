"""Text that the operator wants to keep: a fresh file each time, readable by its owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def save_text(folder: Path, begins_as: str, text: str) -> str:
    """Writes `text` under a new name that begins as asked, and returns the path. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, path = tempfile.mkstemp(prefix=f"{begins_as}-", suffix=".txt", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path
