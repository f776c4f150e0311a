"""Decides how many bytes may be under way to the terminal, from when it answered.

Time is always a parameter, in seconds. Every frame ends with a question that the terminal answers once it has drawn
what came before. The rate is that of delivery: the bytes answered for while a frame was under way, over the time that
took. A whole window is sent and answered before the next, so a long way there and back costs throughput, never a
longer queue before the answer to a key.
"""

from collections import deque
from typing import Final, NamedTuple

from msgspec import Struct

# How far the terminal may be behind, in seconds.
_GOAL: Final = 0.1
# Bytes allowed while nothing is measured, at the least and at the most.
_FIRST_WINDOW: Final = 1024
_MIN_WINDOW: Final = 64
_MAX_WINDOW: Final = 1 << 18
# Bytes from which on a delivery says something about the rate.
_MIN_SAMPLE: Final = 32
# A window that hardly queued may be followed by one so many times as wide.
_FASTEST_GROWTH: Final = 4
# A terminal that has never answered is waited for this long, one that has at least this long.
_PATIENCE_UNKNOWN: Final = 0.3
_PATIENCE: Final = 2.0
# Late answers to questions that were given up are told from answers to new ones for this long.
_STALE_FOR: Final = 10.0
_UNLIMITED: Final = 1 << 30
# What answers the operator may fill so many windows: it waits behind what is under way in any case, and the line
# does not pause before it.
_WINDOWS_FOR_ANSWERS: Final = 2


class SendAllowance(NamedTuple):
    """Bytes that may leave now."""

    usual: int
    answers: int
    """For what answers the operator; never less."""


class _Flight(Struct, frozen=True):
    size: int
    sent_at: float
    answered_before: int
    """Bytes answered for when this frame left."""
    since: float
    """When the last of those were answered for, or the line began to be used after them."""
    limited: bool
    """Whether more could have been sent: only then does a low rate say something about the line."""


class Pace:
    """The bytes under way, the rate of the line, and what follows for the next frame."""

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
        """Bytes that left and are not answered for."""
        return sum(flight.size for flight in self._flights)

    @property
    def rate(self) -> float | None:
        """Bytes a second that the terminal is known to take."""
        return self._rate

    @property
    def answers(self) -> bool:
        """Whether the terminal is known to answer."""
        return self._round_trip is not None and not self._silent

    def allowance(self, now: float, *, written: bool) -> SendAllowance:
        """The bytes that may leave now; `written` says whether everything sent before was taken by the system.

        A terminal that does not answer gets a frame whenever the one before was taken.
        """
        if self._overdue(now):
            self._give_up(now)
        if self._silent:
            room = _UNLIMITED if written else 0
            return SendAllowance(room, room)
        window, under_way = self._window(), self.in_flight
        return SendAllowance(max(window - under_way, 0), max(_WINDOWS_FOR_ANSWERS * window - under_way, 0))

    def note_sent(self, now: float, size: int, *, limited: bool) -> None:
        """A frame of `size` bytes left with its question; `limited` if the allowance cut it short."""
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
        self._learn(max(delivered, self._roomy(flight, delay - self._round_trip)), flight.limited)

    def retry_in(self, now: float) -> float | None:
        """Seconds until the oldest question will have been open for too long; `None` where none is open."""
        if not self._flights:
            return None
        return max(self._flights[0].sent_at + self._patience() - now, 0.0)

    def _roomy(self, flight: _Flight, queued: float) -> float:
        """The rate whose window would have queued for as long as the goal allows, where this one queued for less."""
        if not flight.limited or self._round_trip is None:
            return 0.0
        factor = _GOAL / max(queued, _GOAL / _FASTEST_GROWTH)
        return flight.size * factor / (_GOAL + self._round_trip)

    def _learn(self, rate: float, limited: bool) -> None:
        if self._rate is None or rate > self._rate:
            self._rate = rate
        elif limited:
            # Far below what was known is a line that became slow, a little below is noise.
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
