"""Copies text with the terminal's clipboard sequence, or into a file if the text is too long for it."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.ui.settings import ScreenSettings


def copy_text(text: str, settings: ScreenSettings, to_clipboard: Callable[[str], None]) -> str:
    """Copies the text, or writes it to a file if it is too long for terminals; returns what was done."""
    size = len(text.encode())
    if size <= settings.clipboard_bytes:
        to_clipboard(text)
        rows = text.count("\n") + 1
        return f"Copied {rows} lines." if rows > 1 else f"Copied {text if len(text) < 80 else 'one line'}"
    if settings.save_text is None:
        return f"Not copied: {size:,} bytes exceed the terminal's clipboard limit."
    try:
        path = settings.save_text("copy", text)
    except OSError as error:
        return f"Not copied: {size:,} bytes exceed the clipboard limit, and writing a file failed: {error.strerror}."
    return f"{size:,} bytes exceed the terminal's clipboard limit; saved to {path}"


def console_link(key: ServiceKey) -> str:
    """The URL of a service in Google's console."""
    return f"https://console.cloud.google.com/run/detail/{key.region}/{key.name}/metrics?project={key.project}"
