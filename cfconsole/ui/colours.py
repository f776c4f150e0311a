"""The colours of the style names: the terminal's own sixteen, readable on light and dark backgrounds."""

from __future__ import annotations

from functools import cache

from rich.style import Style

STYLES: dict[str, Style] = {
    "": Style(),
    "dim": Style(dim=True),
    "strong": Style(bold=True),
    "good": Style(color="green"),
    "warn": Style(color="yellow"),
    "bad": Style(color="red"),
    "bad-strong": Style(color="red", bold=True),
    "warn-strong": Style(color="yellow", bold=True),
    "good-strong": Style(color="green", bold=True),
    "accent": Style(color="cyan"),
    "accent-strong": Style(color="cyan", bold=True),
    "rule": Style(dim=True),
    "key": Style(color="cyan", bold=True),
    "name-1": Style(color="cyan"),
    "name-2": Style(color="magenta"),
    "name-3": Style(color="green"),
    "name-4": Style(color="bright_blue"),
    "name-5": Style(bold=True),
    "cursor": Style(reverse=True),
    "cursor-still": Style(bold=True, underline=True),
    "match": Style(color="black", bgcolor="yellow"),
    "banner": Style(color="black", bgcolor="yellow"),
    "alarm": Style(color="white", bgcolor="red", bold=True),
}

_BADGES = ("red", "yellow", "green", "blue", "magenta", "cyan")
for _colour in _BADGES:
    _ink = "white" if _colour in {"red", "blue", "magenta"} else "black"
    STYLES[f"badge-{_colour}"] = Style(color=_ink, bgcolor=_colour, bold=True)
    STYLES[f"frame-{_colour}"] = Style(color=_colour)


@cache
def style(name: str) -> Style:
    """Raises `KeyError` for an unknown name: a misspelt style is an error, not a default."""
    return STYLES[name]
