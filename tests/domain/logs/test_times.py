"""Moments as text: cut to milliseconds for reading, exact for asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.logs.times import NS, clock_time, relative_time, rfc3339, to_ns

NOON = to_ns(datetime(2026, 3, 29, 12, 3, 41, 221_987, tzinfo=UTC))


def test_clock_times_are_cut_to_milliseconds_at_the_offset_asked_for() -> None:
    assert clock_time(NOON) == "12:03:41.221"
    assert clock_time(NOON, 2 * 3600) == "14:03:41.221"
    assert clock_time(NOON, -13 * 3600) == "23:03:41.221"


def test_rfc3339_has_the_digits_the_moment_has() -> None:
    assert rfc3339(NOON) == "2026-03-29T12:03:41.221987Z"
    assert rfc3339(NOON // NS * NS) == "2026-03-29T12:03:41Z"
    assert rfc3339(1) == "1970-01-01T00:00:00.000000001Z"


@pytest.mark.parametrize(("age_s", "shown"), [(360, "6m ago"), (1, "1s ago"), (0.5, "now"), (-40, "now")])
def test_relative_times(age_s: float, shown: str) -> None:
    assert relative_time(NOON - int(age_s * NS), NOON) == shown


@given(st.integers(0, 7 * 10**15), st.integers(-14, 14))
def test_a_moment_survives_the_way_to_nanoseconds_and_back(microseconds: int, hours: int) -> None:
    moment = datetime.fromtimestamp(0, timezone(timedelta(hours=hours))) + timedelta(microseconds=microseconds)
    assert datetime.fromisoformat(rfc3339(to_ns(moment))) == moment
