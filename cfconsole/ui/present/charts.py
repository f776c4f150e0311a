"""Bars and sparklines of block characters."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.domain.fleet.metrics import Window
from cfconsole.ui.present.cells import Line, Span

_LEVELS = "▁▂▃▄▅▆▇█"
_NO_DATA = " "


def bar(percent: int, width: int) -> str:
    """A share as a bar of `width` cells; a share above 0 always shows."""
    full, rest = divmod(percent * width * 8 // 100, 8)
    text = "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "")
    return (text or ("▏" if percent else "")).ljust(width)


def sparkline(window: Window, width: int, style: str, floor: float = 0.0) -> Line:
    """The window in `width` cells, scaled from 0 to its peak (at least `floor`); points that may still grow are dim."""
    values = _resampled(window.values, width)
    peak = max((value for value in values if value is not None), default=0.0)
    text = "".join(_level(value, max(peak, floor)) for value in values)
    growing = _growing(window, len(values))
    split = len(text) - growing
    return (Span(" " * (width - len(text))), Span(text[:split], style), Span(text[split:], "dim"))


def peak_of(window: Window) -> float | None:
    return max((value for value in window.values if value is not None), default=None)


def _growing(window: Window, points: int) -> int:
    if not window.values or not window.incomplete:
        return 0
    return min(points, max(1, window.incomplete * points // len(window.values)))


def _resampled(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` values; a cell shows the highest of its values, so no spike is lost."""
    if len(values) <= width:
        return list(values)
    groups = (values[at * len(values) // width : (at + 1) * len(values) // width] for at in range(width))
    return [max((value for value in group if value is not None), default=None) for group in groups]


def _level(value: float | None, peak: float) -> str:
    if value is None:
        return _NO_DATA
    return _LEVELS[min(len(_LEVELS) - 1, int(value / peak * len(_LEVELS)))] if peak > 0 else _LEVELS[0]
