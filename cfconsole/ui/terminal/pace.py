"""Decides how many bytes may be in flight to the terminal, from the times of its answers.

Time is always a parameter, in seconds. Every frame ends with a question that the terminal answers once it has drawn
everything before. The rate is the delivery rate: the bytes answered for while a frame was in flight, divided by that
time. A whole window is sent and answered before the next one, so a long round trip costs throughput, but never makes
the answer to a key queue for longer.
"""

from collections import deque
from typing import Final, NamedTuple

from msgspec import Struct

# How far the terminal may lag behind, in seconds.
_GOAL: Final = 0.1
# Bytes: the window before the first measurement, the smallest and the largest one.
_FIRST_WINDOW: Final = 1024
_MIN_WINDOW: Final = 64
_MAX_WINDOW: Final = 1 << 18
# A delivery of fewer bytes says nothing about the rate.
_MIN_SAMPLE: Final = 32
# After a window that hardly queued, the next one may be this many times as wide.
_FASTEST_GROWTH: Final = 4
# Seconds to wait for a terminal that has never answered, and at least for one that has.
_PATIENCE_UNKNOWN: Final = 0.3
_PATIENCE: Final = 2.0
# Seconds in which late answers to abandoned questions are not taken for answers to new ones.
_STALE_FOR: Final = 10.0
_UNLIMITED: Final = 1 << 30
# The answer to a key may fill this many windows: it waits behind the bytes in flight anyway, and the line does not
# pause before it.
_WINDOWS_FOR_ANSWERS: Final = 2


class SendAllowance(NamedTuple):
    """Bytes that may be sent now."""

    usual: int
    answers: int
    """For the answer to a key; never fewer than `usual`."""


class _Flight(Struct, frozen=True):
    size: int
    sent_at: float
    answered_before: int
    """Bytes answered for when this frame was sent."""
    since: float
    """When the last of those were answered for, or when the line was used again after a pause."""
    limited: bool
    """Whether there was more to send: only then does a low rate say something about the line."""


class Pace:
    """The bytes in flight, the rate of the line, and the allowance for the next frame."""

    def __init__(self) -> None:
        self._flights: deque[_Flight] = deque()
        self._answered = 0
        self._answered_at = 0.0
        self._rate: float | None = None
        self._round_trip: float | None = None
        self._silent = False
        self._stale = 0
        self._stale_until = 0.0

    @property
    def in_flight(self) -> int:
        """The bytes sent and not yet answered for."""
        return sum(flight.size for flight in self._flights)

    @property
    def rate(self) -> float | None:
        """The measured bytes per second of the terminal."""
        return self._rate

    @property
    def answers(self) -> bool:
        """Whether the terminal is known to answer."""
        return self._round_trip is not None and not self._silent

    def allowance(self, now: float, *, written: bool) -> SendAllowance:
        """The bytes that may be sent now; `written` says whether the system has taken everything sent before.

        A terminal that does not answer gets a frame whenever the one before is written.
        """
        if self._overdue(now):
            self._give_up(now)
        if self._silent:
            room = _UNLIMITED if written else 0
            return SendAllowance(room, room)
        window, under_way = self._window(), self.in_flight
        return SendAllowance(max(window - under_way, 0), max(_WINDOWS_FOR_ANSWERS * window - under_way, 0))

    def note_sent(self, now: float, size: int, *, limited: bool) -> None:
        """A frame of `size` bytes was sent with its question; `limited` if the allowance cut it short."""
        since = max(self._answered_at, self._flights[0].since) if self._flights else now
        self._flights.append(_Flight(size, now, self._answered, since, limited))

    def note_answer(self, now: float) -> None:
        """The terminal answered the oldest open question."""
        self._silent = False
        if self._stale and now < self._stale_until:
            self._stale -= 1
            return
        self._stale = 0
        if not self._flights:
            return
        flight = self._flights.popleft()
        self._answered += flight.size
        self._answered_at = now
        delay = max(now - flight.sent_at, 1e-4)
        self._round_trip = delay if self._round_trip is None else min(self._round_trip, delay)
        if flight.size < _MIN_SAMPLE:
            return
        delivered = (self._answered - flight.answered_before) / max(now - flight.since, 1e-4)
        self._learn(max(delivered, self._rate_at_goal(flight, delay - self._round_trip)), flight.limited)

    def retry_in(self, now: float) -> float | None:
        """Seconds until the oldest open question is overdue; `None` if none is open."""
        if not self._flights:
            return None
        return max(self._flights[0].sent_at + self._patience() - now, 0.0)

    def _rate_at_goal(self, flight: _Flight, queued: float) -> float:
        """The rate of a window that would have queued as long as the goal allows; 0 if this one was not limited."""
        if not flight.limited or self._round_trip is None:
            return 0.0
        factor = _GOAL / max(queued, _GOAL / _FASTEST_GROWTH)
        return flight.size * factor / (_GOAL + self._round_trip)

    def _learn(self, rate: float, limited: bool) -> None:
        if self._rate is None or rate > self._rate:
            self._rate = rate
        elif limited:
            # A rate far below the known one means a slower line; a little below is noise.
            self._rate = rate if rate < self._rate / 2 else self._rate + (rate - self._rate) / 4

    def _window(self) -> int:
        if self._rate is None:
            return _FIRST_WINDOW
        window = self._rate * (_GOAL + min(self._round_trip or 0.0, 0.5))
        least = _FIRST_WINDOW if self._answered < _FIRST_WINDOW else _MIN_WINDOW
        return int(min(max(window, least), _MAX_WINDOW))

    def _patience(self) -> float:
        if self._rate is None or self._round_trip is None:
            return _PATIENCE_UNKNOWN
        return max(_PATIENCE, 4 * (self._round_trip + self.in_flight / self._rate))

    def _overdue(self, now: float) -> bool:
        return bool(self._flights) and now - self._flights[0].sent_at >= self._patience()

    def _give_up(self, now: float) -> None:
        self._silent = True
        self._stale += len(self._flights)
        self._stale_until = now + _STALE_FOR
        self._flights.clear()
