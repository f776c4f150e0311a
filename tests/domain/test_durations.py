"""Durations are read strictly and numbers stay within the width of their column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.durations import (
    AGE_WIDTH,
    LATENCY_WIDTH,
    PERCENT_WIDTH,
    RATE_WIDTH,
    format_age,
    format_latency,
    format_percent,
    format_rate,
    format_span,
    parse_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h", 3600),
        ("30m", 1800),
        ("2m30s", 150),
        ("500ms", 0.5),
        ("700ms", 0.7),
        ("1.5s", 1.5),
        ("1d2h", 93600),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 m", "-1s", "1s2m", "1m1m", "1.h", "1..5s", "1e3s", "5x", "\u0661s", "1h ", "1" * 10 + "s", "inf"],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write it like 1h, 30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (-5, "0s"),
        (40.9, "40s"),
        (60, "1m"),
        (3599, "59m"),
        (5 * 3600, "5h"),
        (3 * 86400, "3d"),
        (8e7, "2y"),
    ],
)
def test_ages(seconds: float | None, shown: str) -> None:
    assert format_age(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (0.4, "400 ms"),
        (40, "40 s"),
        (59.6, "1 min"),
        (150, "2 min 30 s"),
        (7260, "2 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_spans_in_sentences(seconds: float, shown: str) -> None:
    assert format_span(seconds) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, "-"),
        (0, "0ms"),
        (0.2, "<1ms"),
        (180, "180ms"),
        (999.7, "1.0s"),
        (3400, "3.4s"),
        (42_000, "42s"),
        (720_000, "12m"),
    ],
)
def test_latencies(milliseconds: float | None, shown: str) -> None:
    assert format_latency(milliseconds) == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (0.01, "<0.1"),
        (0.3, "0.3"),
        (120, "120"),
        (999.4, "999"),
        (999.5, "1.0k"),
        (1204, "1.2k"),
        (35_000, "35k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (2.1e6, "2.1M"),
        (5e9, ">999M"),
    ],
)
def test_rates(rate: float | None, shown: str) -> None:
    assert format_rate(rate) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(None, "-"), (0, "0.0%"), (0.0004, "<0.1%"), (0.001, "0.1%"), (0.124, "12.4%"), (0.9999, "99.9%"), (1, "100%")],
)
def test_only_nothing_is_zero_and_only_all_is_a_hundred_percent(fraction: float | None, shown: str) -> None:
    assert format_percent(fraction) == shown


def test_the_mark_for_absent_is_the_callers() -> None:
    assert {show(None, "?") for show in (format_age, format_latency, format_rate, format_percent)} == {"?"}


@given(st.floats(0, 1e8))
def test_columns_hold_their_width(number: float) -> None:
    assert len(format_age(number)) <= AGE_WIDTH
    assert len(format_latency(number)) <= LATENCY_WIDTH
    assert len(format_rate(number)) <= RATE_WIDTH
    assert len(format_percent(number)) <= PERCENT_WIDTH
    assert len(format_percent(number / 1e8)) <= PERCENT_WIDTH
