"""Which lines of a stack trace may follow each other, where each came as an entry of its own. Rules, and no rows.

Python, Java, Node and Go; written without regular expressions, for lines that belong to none must cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

OPENINGS = " \tTpfg"
"""What the first line that shows a stack trace begins with; a line with another first character opens none."""

_TRACEBACK = "Traceback (most recent call last):"
_GROUP = "+ Exception Group Traceback (most recent call last):"
_LINKS = ("During handling of the above exception, ", "The above exception was the direct cause of ")
_PANICS = ("panic: ", "fatal error: ")
_LISTED_TOO = ("Caused by: ", "Suppressed: ")
_CLOSINGS = frozenset({"}", "]", "})"})
"""End what Node shows of an error besides its stack."""
_GO_TOO = ("created by ", "goroutine running on other thread")


class LineKind(IntEnum):
    """What the last line was, which decides what may follow."""

    FRAMES = 0
    """Of Python: its head, a frame, or the source of one; the exception is yet to come."""
    RAISED = 1
    """The exception of Python."""
    LINKED = 2
    """What stands between two chained tracebacks of Python."""
    GROUPED = 3
    """Any line of an exception group of Python: all are indented."""
    LISTED = 4
    """A frame of Java or Node, or a cause; the exception stands before the first."""
    PANIC = 5
    """Go's word for why, before its goroutines."""
    GOROUTINE = 6


def opening_kind(line: str) -> LineKind | None:
    """What a line shows that follows none of a stack trace; the head of what is `LISTED` stands before it."""
    if line.startswith("Traceback"):
        return LineKind.FRAMES if line.rstrip() == _TRACEBACK else None
    if line.startswith(_PANICS):
        return LineKind.PANIC
    if _is_goroutine(line):
        return LineKind.GOROUTINE
    text = line.strip()
    if text == _GROUP:
        return LineKind.GROUPED
    return LineKind.LISTED if line[:1] in (" ", "\t") and _is_frame(text) else None


def following_kind(reading: LineKind, line: str) -> LineKind | None:
    """What a line is that comes after another of a stack trace; `None` if it is none of it any more."""
    return _FOLLOWING[reading](line)


def can_head_frames(line: str) -> bool:
    """Whether frames may be listed under a line."""
    return bool(line.strip()) and not _is_indented(line)


def _after_frames(line: str) -> LineKind | None:
    if _is_indented(line):
        return LineKind.FRAMES
    return LineKind.RAISED if _is_exception(line) else None


def _after_exception(line: str) -> LineKind | None:
    """Its message may go on in indented lines; others can't be told from what the program says next."""
    if line.startswith(_LINKS):
        return LineKind.LINKED
    return LineKind.RAISED if _is_indented(line) or not line.strip() else None


def _after_link(line: str) -> LineKind | None:
    if not line.strip():
        return LineKind.LINKED
    return LineKind.FRAMES if line.rstrip() == _TRACEBACK else None


def _in_group(line: str) -> LineKind | None:
    return LineKind.GROUPED if _is_indented(line) else None


def _in_list(line: str) -> LineKind | None:
    listed = _is_indented(line) or line.startswith(_LISTED_TOO) or line.rstrip() in _CLOSINGS
    return LineKind.LISTED if listed else None


def _after_panic(line: str) -> LineKind | None:
    if _is_goroutine(line):
        return LineKind.GOROUTINE
    text = _is_indented(line) or not line.strip() or line.startswith(("[signal ", *_PANICS))
    return LineKind.PANIC if text else None


def _in_goroutine(line: str) -> LineKind | None:
    text = line.rstrip()
    call = text.endswith(")") and "(" in text
    continues = not text or call or _is_indented(line) or _is_goroutine(line) or line.startswith(_GO_TOO)
    return LineKind.GOROUTINE if continues else None


_FOLLOWING: dict[LineKind, Callable[[str], LineKind | None]] = {
    LineKind.FRAMES: _after_frames,
    LineKind.RAISED: _after_exception,
    LineKind.LINKED: _after_link,
    LineKind.GROUPED: _in_group,
    LineKind.LISTED: _in_list,
    LineKind.PANIC: _after_panic,
    LineKind.GOROUTINE: _in_goroutine,
}


def _is_indented(line: str) -> bool:
    return line[:1] in (" ", "\t") and bool(line.strip())


def _is_exception(line: str) -> bool:
    """`decimal.InvalidOperation: [<class …>]`, or the name alone."""
    name, colon, text = line.rstrip().partition(":")
    return name.replace("<locals>", "_").replace(".", "_").isidentifier() and (not colon or text[:1] in ("", " "))


def _is_frame(text: str) -> bool:
    """`at com.shop.Orders.price(Orders.java:12)` or `at /app/orders.js:12:7`."""
    if not text.startswith("at "):
        return False
    return (text.endswith(")") and "(" in text) or text.rpartition(":")[2].isdigit()


def _is_goroutine(line: str) -> bool:
    return line.startswith("goroutine ") and line.rstrip().endswith("]:")
