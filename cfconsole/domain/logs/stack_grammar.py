"""The grammar of stack traces that arrive line by line: which line may follow which. Python, Java, Node and Go.

Written without regular expressions, because lines outside of stack traces must cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

OPENINGS = " \tTpfg"
"""The first characters of lines that can open a stack trace."""

_TRACEBACK = "Traceback (most recent call last):"
_GROUP = "+ Exception Group Traceback (most recent call last):"
_LINKS = ("During handling of the above exception, ", "The above exception was the direct cause of ")
_PANICS = ("panic: ", "fatal error: ")
_LISTED_TOO = ("Caused by: ", "Suppressed: ")
_CLOSINGS = frozenset({"}", "]", "})"})
"""Lines that end what Node prints of an error besides its stack."""
_GO_TOO = ("created by ", "goroutine running on other thread")


class LineKind(IntEnum):
    """The kind of a line, which decides what may follow."""

    FRAMES = 0
    """Python: the head, a frame, or its source line; the exception is still to come."""
    RAISED = 1
    """Python: the exception."""
    LINKED = 2
    """Python: the text between two chained tracebacks."""
    GROUPED = 3
    """Python: any line of an exception group; all are indented."""
    LISTED = 4
    """Java or Node: a frame or a cause; the exception stands before the first frame."""
    PANIC = 5
    """Go: the reason, before the goroutines."""
    GOROUTINE = 6


def opening_kind(line: str) -> LineKind | None:
    """The kind of a line that opens a stack trace, if it does; the head of a `LISTED` one stands before it."""
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
    """The kind of a line that continues a stack trace; `None` if it does not."""
    return _FOLLOWING[reading](line)


def can_head_frames(line: str) -> bool:
    """Whether frames may follow a line."""
    return bool(line.strip()) and not _is_indented(line)


def _after_frames(line: str) -> LineKind | None:
    if _is_indented(line):
        return LineKind.FRAMES
    return LineKind.RAISED if _is_exception(line) else None


def _after_exception(line: str) -> LineKind | None:
    """The message may continue in indented lines; others can't be told from the next output."""
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
