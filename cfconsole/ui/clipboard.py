"""Copying out of the terminal: through its clipboard sequence where that is safe, into a file where it is not."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.ui.settings import ScreenSettings


def copy_text(text: str, settings: ScreenSettings, to_clipboard: Callable[[str], None]) -> str:
    """Copies, or writes a file if the text is too long for terminals to take; says what was done."""
    size = len(text.encode())
    if size <= settings.clipboard_bytes:
        to_clipboard(text)
        rows = text.count("\n") + 1
        return f"Copied {rows} lines." if rows > 1 else f"Copied {text if len(text) < 80 else 'one line'}"
    if settings.save_text is None:
        return f"{size:,} bytes are too much for the terminal's clipboard; nothing was copied."
    try:
        path = settings.save_text("copy", text)
    except OSError as error:
        return f"{size:,} bytes are too much for the clipboard, and no file could be written: {error.strerror}."
    return f"{size:,} bytes are too much for the terminal's clipboard; written to {path}"


def console_link(key: ServiceKey) -> str:
    """The page of a service in Google's console."""
    return f"https://console.cloud.google.com/run/detail/{key.region}/{key.name}/metrics?project={key.project}"
