"""Which lines are of one stack trace: those of all languages to their end, and nothing that merely looks alike."""

from __future__ import annotations

import pytest

from cfconsole.domain.logs.stack_grammar import OPENINGS, LineKind, can_head_frames, following_kind, opening_kind
from tests.domain.logs.split_traces import CHAINED, GO, GROUP, JAVA, NODE, PYTHON

NEXT = "order 18 accepted"


def read(text: str) -> int:
    """How many lines of a text follow each other, the first of them opening, or heading one that does."""
    first, *more = text.split("\n")
    reading, count = opening_kind(first), 1
    if reading is None:
        assert can_head_frames(first)
        reading, count, more = opening_kind(more[0]), 2, more[1:]
    for line in more:
        if reading is None:
            break
        reading = following_kind(reading, line)
        count += reading is not None
    return count


@pytest.mark.parametrize("text", [PYTHON, CHAINED, JAVA, NODE, GO, GROUP], ids=lambda text: text[:12])
def test_a_stack_trace_goes_to_its_end_and_no_further(text: str) -> None:
    assert read(f"{text}\n{NEXT}") == text.count("\n") + 1


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("Traceback (most recent call last):", LineKind.FRAMES),
        ("Traceback (most recent call last): gone", None),
        ("panic: boom", LineKind.PANIC),
        ("fatal error: all goroutines are asleep - deadlock!", LineKind.PANIC),
        ("panicking", None),
        ("goroutine 7 [chan receive]:", LineKind.GOROUTINE),
        ("goroutine 7 is done", None),
        ("\tat com.shop.Orders.price(Orders.java:12)", LineKind.LISTED),
        ("    at /app/server.js:12:7", LineKind.LISTED),
        ("    at last it works", None),
        ("    at home (more or less", None),
        ("at com.shop.Orders.price(Orders.java:12)", None),
        ("  indented", None),
        ("", None),
        (NEXT, None),
    ],
)
def test_what_opens_one(line: str, reading: LineKind | None) -> None:
    assert opening_kind(line) is reading
    assert reading is None or line[0] in OPENINGS


@pytest.mark.parametrize(
    ("reading", "line", "next_one"),
    [
        (LineKind.FRAMES, "KeyboardInterrupt", LineKind.RAISED),
        (LineKind.FRAMES, "decimal.InvalidOperation: [<class 'x'>]", LineKind.RAISED),
        (LineKind.FRAMES, "main.run.<locals>.Odd: x", LineKind.RAISED),
        (LineKind.FRAMES, "ValueError:", LineKind.RAISED),
        (LineKind.FRAMES, "order 18 accepted", None),
        (LineKind.FRAMES, "http://shop", None),
        (LineKind.FRAMES, "", None),
        (LineKind.RAISED, "  field required", LineKind.RAISED),
        (LineKind.RAISED, "", LineKind.RAISED),
        (LineKind.RAISED, "The above exception was the direct cause of the following exception:", LineKind.LINKED),
        (LineKind.RAISED, "Traceback (most recent call last):", None),
        (LineKind.LINKED, "Traceback (most recent call last):", LineKind.FRAMES),
        (LineKind.LINKED, "", LineKind.LINKED),
        (LineKind.LINKED, NEXT, None),
        (LineKind.GROUPED, NEXT, None),
        (LineKind.LISTED, "\tSuppressed: java.io.IOException", LineKind.LISTED),
        (LineKind.LISTED, "]", LineKind.LISTED),
        (LineKind.LISTED, "", None),
        (LineKind.PANIC, "\tpanic: again", LineKind.PANIC),
        (LineKind.PANIC, "panic: again [recovered]", LineKind.PANIC),
        (LineKind.PANIC, "goroutine 1 [running]:", LineKind.GOROUTINE),
        (LineKind.PANIC, NEXT, None),
        (LineKind.GOROUTINE, "", LineKind.GOROUTINE),
        (LineKind.GOROUTINE, "goroutine 2 [select]:", LineKind.GOROUTINE),
        (LineKind.GOROUTINE, NEXT, None),
    ],
)
def test_what_follows(reading: LineKind, line: str, next_one: LineKind | None) -> None:
    assert following_kind(reading, line) is next_one


@pytest.mark.parametrize(("line", "may"), [("Error: x", True), ("  indented", False), (" ", False), ("", False)])
def test_what_may_stand_above_frames(line: str, may: bool) -> None:
    assert can_head_frames(line) is may
