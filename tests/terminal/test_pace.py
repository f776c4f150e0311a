"""Pacing: the bytes allowed in flight, on lines of all speeds, with simulated time."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import pytest

from cfconsole.ui.terminal.pace import Pace


class Arrival(NamedTuple):
    at: float
    size: int


class Line:
    """A line with an unlimited queue: bytes are drawn in order, and answers come back at once."""

    def __init__(self, rate: float, round_trip: float = 0.0) -> None:
        self.pace = Pace()
        self.now = 0.0
        self._rate = rate
        self._round_trip = round_trip
        self._free_at = 0.0
        self._answers: deque[Arrival] = deque()

    @property
    def behind(self) -> float:
        """The seconds until everything sent so far is drawn."""
        return max(self._free_at - self.now, 0.0)

    def send(self, size: int, *, limited: bool = True) -> None:
        self._free_at = max(self._free_at, self.now) + size / self._rate
        self.pace.note_sent(self.now, size, limited=limited)
        self._answers.append(Arrival(self._free_at + self._round_trip, size))

    def answer(self) -> None:
        """Advances time to the next answer."""
        self.now = self._answers.popleft().at
        self.pace.note_answer(self.now)

    def flood(self, seconds: float) -> list[float]:
        """Always sends as much as allowed. Returns the backlog in seconds after each send."""
        behind = []
        end = self.now + seconds
        while self.now < end:
            room = self.pace.allowance(self.now, written=True).usual
            if room:
                self.send(room)
                behind.append(self.behind)
            self.answer()
        return behind


@pytest.mark.parametrize("rate", [2_000.0, 20_000.0, 1_000_000.0])
@pytest.mark.parametrize("round_trip", [0.0, 0.05, 0.3])
def test_a_flood_keeps_a_tenth_of_a_second_in_flight(rate: float, round_trip: float) -> None:
    line = Line(rate, round_trip)
    line.send(150, limited=False)
    line.answer()
    line.flood(3 + 20 * round_trip)
    behind = line.flood(5)
    # The first answer includes the time of its own 150 bytes, which counts as part of the round trip.
    assert max(behind) <= 0.12 + 150 / rate
    assert sum(behind) >= 0.75 * 5 * 0.1 / (0.1 + round_trip)


def test_the_first_window_is_small_and_widens_at_once_on_a_fast_line() -> None:
    line = Line(2_000_000.0)
    first = line.pace.allowance(line.now, written=True).usual
    assert first == 1024
    line.send(first)
    line.answer()
    assert line.pace.allowance(line.now, written=True).usual > 50_000


def test_a_far_but_fast_line_has_its_first_screen_within_four_answers() -> None:
    line = Line(1_000_000.0, round_trip=0.15)
    line.send(150, limited=False)
    line.answer()
    drawn = []
    for _ in range(4):
        drawn.append(line.pace.allowance(line.now, written=True).usual)
        line.send(drawn[-1])
        line.answer()
    assert sum(drawn) > 15_000


def test_a_line_that_gets_slower_is_noticed() -> None:
    line = Line(200_000.0)
    line.flood(2)
    line._rate = 4_000.0
    line.flood(20)
    assert max(line.flood(5)) < 0.15


def test_small_frames_do_not_make_a_fast_line_look_slow() -> None:
    line = Line(500_000.0, round_trip=0.05)
    line.flood(3)
    before = line.pace.allowance(line.now, written=True).usual
    for _ in range(50):
        line.send(20, limited=False)
        line.answer()
        line.now += 0.25
    assert line.pace.allowance(line.now, written=True).usual >= before * 0.9


def test_nothing_more_is_sent_while_the_window_is_full() -> None:
    pace = Pace()
    pace.note_sent(0.0, 1024, limited=True)
    assert pace.allowance(0.1, written=True).usual == 0
    assert pace.in_flight == 1024


def test_what_answers_the_operator_may_fill_a_second_window_and_no_more() -> None:
    pace = Pace()
    window = pace.allowance(0.0, written=True).usual
    pace.note_sent(0.0, window, limited=True)
    assert pace.allowance(0.1, written=True) == (0, window)
    pace.note_sent(0.1, window, limited=True)
    assert pace.allowance(0.2, written=True) == (0, 0)


def test_a_terminal_that_never_answers_is_paced_by_finished_writes() -> None:
    pace = Pace()
    pace.note_sent(0.0, 1024, limited=True)
    assert pace.retry_in(0.1) == pytest.approx(0.2)
    assert pace.allowance(0.3, written=True).usual > 1_000_000
    pace.note_sent(0.3, 50_000, limited=False)
    assert pace.allowance(0.31, written=False).usual == 0
    assert not pace.answers


def test_an_answer_that_is_lost_holds_the_screen_for_two_seconds_at_most() -> None:
    line = Line(10_000.0)
    line.flood(2)
    lost_at = line.now
    line.pace.note_sent(lost_at, 900, limited=True)
    line.pace.note_sent(lost_at, 2_000, limited=True)
    assert line.pace.allowance(lost_at + 1, written=True).usual == 0
    wait = line.pace.retry_in(lost_at)
    assert wait is not None
    assert wait <= 2.01
    assert line.pace.allowance(lost_at + wait, written=True).usual > 0


def test_a_query_alone_gives_the_round_trip_and_no_rate() -> None:
    line = Line(2_000.0, 0.05)
    line.send(4, limited=False)
    line.send(150, limited=False)
    line.answer()
    assert line.pace.answers
    assert line.pace.rate is None
    line.answer()
    assert line.pace.rate == pytest.approx(154 / (154 / 2_000 + 0.05))


def test_two_frames_after_a_pause_give_the_rate_without_the_pause() -> None:
    line = Line(2_000.0)
    line.send(400)
    line.answer()
    line.now += 60
    line.send(200)
    line.send(200)
    line.answer()
    line.answer()
    assert line.pace.rate == pytest.approx(2_000.0)


def test_late_answers_are_not_taken_for_answers_to_later_frames() -> None:
    pace = Pace()
    pace.note_sent(0.0, 100, limited=True)
    assert pace.allowance(0.5, written=True).usual > 1_000_000
    pace.note_sent(0.5, 8_000, limited=True)
    pace.note_answer(0.6)
    assert pace.in_flight == 8_000
    pace.note_answer(0.7)
    assert pace.in_flight == 0
    assert pace.answers


def test_an_answer_without_a_query_is_ignored() -> None:
    pace = Pace()
    pace.note_answer(1.0)
    assert pace.rate is None
    assert pace.retry_in(1.0) is None
