"""What a build leaves behind: the code an image stands for."""

from __future__ import annotations

from typing import NamedTuple


class Built(NamedTuple):
    """An image in the registry that was built from source."""

    archive: bytes
    """The zip file it was built from."""
    target: str
    """The function that is called."""
    signature: str = "http"
    """How it is called: `http`, or `cloudevent` for one with a trigger (functions-framework)."""
    module: str = "main.py"
    """The file the function is in."""
