"""Durations and numbers as text: read strictly, written short and within a bounded width."""

from __future__ import annotations

import re

AGE_WIDTH = 4
LATENCY_WIDTH = 5
RATE_WIDTH = 5
PERCENT_WIDTH = 5

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# Patterns are compiled on first use, because most runs parse no duration.
_DURATION = (
    r"(?:(?P<d>[0-9.]+)d)?(?:(?P<h>[0-9.]+)h)?(?:(?P<m>[0-9.]+)m(?!s))?(?:(?P<s>[0-9.]+)s)?(?:(?P<ms>[0-9.]+)ms)?"
)
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"


def parse_duration(text: str) -> float:
    """Seconds of `1h`, `30m`, `2m30s`, `1.5s` or `500ms`: each unit at most once, from large to small, no blanks.

    Raises `ValueError` with a sentence for anything else.
    """
    match = re.fullmatch(_DURATION, text)
    parts = {unit: number for unit, number in match.groupdict().items() if number} if match else {}
    if not parts or not all(re.fullmatch(_NUMBER, number) for number in parts.values()):
        raise ValueError(f"{text[:40]!r} is not a duration; write it like 1h, 30m, 2m30s or 500ms")
    return round(sum(float(number) * _UNITS[unit] for unit, number in parts.items()), 9)


def format_age(seconds: float | None, absent: str = "-") -> str:
    """An age for tables, at most `AGE_WIDTH` wide: `40s`, `6m`, `5h`, `3d`, `2y`. Rounded down; the future is `0s`."""
    if seconds is None:
        return absent
    whole = max(0, int(seconds))
    for size, unit in ((365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def format_span(seconds: float) -> str:
    """A duration for sentences: `400 ms`, `40 s`, `2 min 30 s`, `3 h`, `2 d`."""
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    whole = max(0, round(seconds))
    for size, unit, smaller, name in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {name}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def format_latency(milliseconds: float | None, absent: str = "-") -> str:
    """A latency for tables, at most `LATENCY_WIDTH` wide below 28 hours: `<1ms`, `180ms`, `3.4s`, `42s`, `12m`."""
    if milliseconds is None:
        return absent
    if milliseconds < 1:
        return "<1ms" if milliseconds > 0 else "0ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f}ms"
    if milliseconds < 9_950:
        return f"{milliseconds / 1000:.1f}s"
    if milliseconds < 599_500:
        return f"{milliseconds / 1000:.0f}s"
    return f"{milliseconds / 60_000:.0f}m"


def format_rate(per_second: float | None, absent: str = "-") -> str:
    """A rate for tables, at most `RATE_WIDTH` wide: `<0.1`, `0.3`, `14`, `1.2k`, `35k`, `2.1M`. Only zero is `0`."""
    if per_second is None:
        return absent
    if per_second <= 0:
        return "0"
    if per_second < 0.1:
        return "<0.1"
    if per_second < 9.95:
        return f"{per_second:.1f}"
    if per_second < 999.5:
        return f"{per_second:.0f}"
    for size, unit in ((1e3, "k"), (1e6, "M")):
        if per_second < 9.95 * size:
            return f"{per_second / size:.1f}{unit}"
        if per_second < 999.5 * size:
            return f"{per_second / size:.0f}{unit}"
    return ">999M"


def format_percent(fraction: float | None, absent: str = "-") -> str:
    """A share for tables, at most `PERCENT_WIDTH` wide: `0.0%`, `<0.1%`, `12.4%`, `100%`. Only a whole is 100."""
    if fraction is None:
        return absent
    if fraction >= 1:
        return "100%"
    if fraction <= 0:
        return "0.0%"
    return "<0.1%" if fraction < 0.001 else f"{min(99.9, fraction * 100):.1f}%"
