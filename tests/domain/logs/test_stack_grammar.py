"""Which lines are of one stack trace: those of all languages to their end, and nothing that merely looks alike."""

from __future__ import annotations

import pytest

from cfconsole.domain.logs.stack_grammar import OPENINGS, Reading, following, may_head, opening
from tests.domain.logs.split_traces import CHAINED, GO, GROUP, JAVA, NODE, PYTHON

NEXT = "order 18 accepted"


def read(text: str) -> int:
    """How many lines of a text follow each other, the first of them opening, or heading one that does."""
    first, *more = text.split("\n")
    reading, count = opening(first), 1
    if reading is None:
        assert may_head(first)
        reading, count, more = opening(more[0]), 2, more[1:]
    for line in more:
        if reading is None:
            break
        reading = following(reading, line)
        count += reading is not None
    return count


@pytest.mark.parametrize("text", [PYTHON, CHAINED, JAVA, NODE, GO, GROUP], ids=lambda text: text[:12])
def test_a_stack_trace_goes_to_its_end_and_no_further(text: str) -> None:
    assert read(f"{text}\n{NEXT}") == text.count("\n") + 1


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("Traceback (most recent call last):", Reading.FRAMES),
        ("Traceback (most recent call last): gone", None),
        ("panic: boom", Reading.PANIC),
        ("fatal error: all goroutines are asleep - deadlock!", Reading.PANIC),
        ("panicking", None),
        ("goroutine 7 [chan receive]:", Reading.GOROUTINE),
        ("goroutine 7 is done", None),
        ("\tat com.shop.Orders.price(Orders.java:12)", Reading.LISTED),
        ("    at /app/server.js:12:7", Reading.LISTED),
        ("    at last it works", None),
        ("    at home (more or less", None),
        ("at com.shop.Orders.price(Orders.java:12)", None),
        ("  indented", None),
        ("", None),
        (NEXT, None),
    ],
)
def test_what_opens_one(line: str, reading: Reading | None) -> None:
    assert opening(line) is reading
    assert reading is None or line[0] in OPENINGS


@pytest.mark.parametrize(
    ("reading", "line", "next_one"),
    [
        (Reading.FRAMES, "KeyboardInterrupt", Reading.RAISED),
        (Reading.FRAMES, "decimal.InvalidOperation: [<class 'x'>]", Reading.RAISED),
        (Reading.FRAMES, "main.run.<locals>.Odd: x", Reading.RAISED),
        (Reading.FRAMES, "ValueError:", Reading.RAISED),
        (Reading.FRAMES, "order 18 accepted", None),
        (Reading.FRAMES, "http://shop", None),
        (Reading.FRAMES, "", None),
        (Reading.RAISED, "  field required", Reading.RAISED),
        (Reading.RAISED, "", Reading.RAISED),
        (Reading.RAISED, "The above exception was the direct cause of the following exception:", Reading.LINKED),
        (Reading.RAISED, "Traceback (most recent call last):", None),
        (Reading.LINKED, "Traceback (most recent call last):", Reading.FRAMES),
        (Reading.LINKED, "", Reading.LINKED),
        (Reading.LINKED, NEXT, None),
        (Reading.GROUPED, NEXT, None),
        (Reading.LISTED, "\tSuppressed: java.io.IOException", Reading.LISTED),
        (Reading.LISTED, "]", Reading.LISTED),
        (Reading.LISTED, "", None),
        (Reading.PANIC, "\tpanic: again", Reading.PANIC),
        (Reading.PANIC, "panic: again [recovered]", Reading.PANIC),
        (Reading.PANIC, "goroutine 1 [running]:", Reading.GOROUTINE),
        (Reading.PANIC, NEXT, None),
        (Reading.GOROUTINE, "", Reading.GOROUTINE),
        (Reading.GOROUTINE, "goroutine 2 [select]:", Reading.GOROUTINE),
        (Reading.GOROUTINE, NEXT, None),
    ],
)
def test_what_follows(reading: Reading, line: str, next_one: Reading | None) -> None:
    assert following(reading, line) is next_one


@pytest.mark.parametrize(("line", "may"), [("Error: x", True), ("  indented", False), (" ", False), ("", False)])
def test_what_may_stand_above_frames(line: str, may: bool) -> None:
    assert may_head(line) is may
