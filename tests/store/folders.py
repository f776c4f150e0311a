"""Directories of sources for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MAIN = "def hello(request):\n    return 'hello'\n"


def folder(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """`root` with these files in it; directories are made as they are needed."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root
