"""Rate, delay and loss of a tail, over a scripted clock."""

from __future__ import annotations

import pytest

from cfconsole.domain.logs.entries import GapReason, Suppression, TailBatch
from cfconsole.domain.logs.stats import LogStats
from tests.domain.logs.log_rows import entry

NS = 10**9


def batch(count: int, newest_s: float = 0.0) -> TailBatch:
    return TailBatch(tuple(entry(int(newest_s * NS), f"{number}") for number in range(count)))


def test_nothing_came_yet() -> None:
    stats = LogStats()
    assert (stats.rate(100.0), stats.behind_s(100.0), stats.lost) == (0.0, None, 0)


def test_a_steady_stream_has_a_steady_rate() -> None:
    stats = LogStats()
    for quarter in range(80):
        stats.count_batch(100 + quarter / 4, batch(50))
    assert stats.rate(120.0) == pytest.approx(200)
    assert stats.rate(122.5) == pytest.approx(100)
    assert stats.rate(126.0) == 0


def test_a_young_stream_is_judged_by_its_age() -> None:
    stats = LogStats()
    stats.count_batch(100.0, batch(60))
    assert stats.rate(100.0) == 60
    assert stats.rate(102.0) == 30


def test_behind_is_the_age_of_the_newest_entry_when_it_came() -> None:
    stats = LogStats()
    stats.count_batch(100.0, batch(1, newest_s=97.9))
    assert stats.behind_s(110.0) == pytest.approx(2.1)
    stats.count_batch(120.0, batch(1, newest_s=121.0))
    assert stats.behind_s(120.0) == 0


def test_silence_is_not_delay() -> None:
    stats = LogStats()
    stats.count_batch(100.0, batch(1, newest_s=99.0))
    stats.count_batch(140.0, batch(0))
    assert stats.behind_s(140.0) is None


def test_losses_add_up() -> None:
    stats = LogStats()
    stats.count_batch(
        100.0, TailBatch((), (Suppression(GapReason.RATE_LIMIT, 3), Suppression(GapReason.NOT_CONSUMED, 4)))
    )
    stats.count_lost(5)
    assert stats.lost == 12


def test_a_clock_set_back_starts_the_rate_again() -> None:
    stats = LogStats()
    stats.count_batch(1_000.0, batch(500))
    stats.count_batch(100.0, batch(10))
    stats.count_batch(100.5, batch(10))
    assert stats.rate(101.0) == 20
