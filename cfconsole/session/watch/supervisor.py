"""Keeps a watcher running: an error becomes the state of its feed and a pause, and never stops other watchers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.session.ports import ClockPort

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
QUOTA_PAUSE_S = 60.0
"""Google counts read quotas per minute and does not say when to try again."""
CREDENTIALS_POLL_S = 2.0


class CredentialsPort(Protocol):
    def stamp(self) -> object:
        """A value that changes when the credentials file is written again."""
        ...


class CredentialsGate:
    """Closed while credentials are expired: no calls to the cloud until they are renewed or the operator retries."""

    def __init__(self, credentials: CredentialsPort | None = None) -> None:
        self._credentials = credentials
        self._refused_stamp: object = None
        self._closed = False
        self.error: CloudError | None = None
        """Why the gate was last closed."""

    def close(self, error: CloudError) -> None:
        self._refused_stamp = self._stamp()
        self._closed = True
        self.error = error

    def open(self) -> None:
        self._closed = False

    def closed(self) -> bool:
        """While closed, checks the credentials file and opens if it has changed."""
        if self._closed and self._stamp() != self._refused_stamp:
            self._closed = False
        return self._closed

    def _stamp(self) -> object:
        return self._credentials.stamp() if self._credentials else None


class Alarm:
    """A sleep that can be cut short."""

    def __init__(self, clock: ClockPort) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def sleep(self, seconds: float) -> bool:
        """Waits `seconds`, or until it is rung; returns whether it was. A ring before the sleep counts."""
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(seconds):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


def pause_after(error: CloudError, failures: int) -> float:
    """Seconds until the next attempt after `failures` failures in a row, 1 for the first."""
    match error.kind:
        case ErrorKind.QUOTA:
            return QUOTA_PAUSE_S
        case ErrorKind.DENIED | ErrorKind.DISABLED | ErrorKind.UNSUPPORTED | ErrorKind.INVALID:
            # Only a person can fix these; a call every second would waste quota.
            return MAX_PAUSE_S / 2
        case _:
            return min(MAX_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 16))


async def supervise(
    read: Callable[[], Awaitable[float]],
    failed: Callable[[CloudError], None],
    alarm: Alarm,
    gate: CredentialsGate,
    jitter: Callable[[], float],
) -> None:
    """Calls `read` for ever, each time after the seconds that it returned.

    `failed` gets every error. `jitter` returns a factor around 1, which keeps many consoles from retrying in step.
    """
    failures = 0
    reported: CloudError | None = None
    while True:
        if gate.closed():
            if gate.error is not None and gate.error is not reported:
                # A watcher that never called has no data for the same reason.
                reported = gate.error
                failed(reported)
            await alarm.sleep(CREDENTIALS_POLL_S)
            continue
        try:
            pause = await read()
            failures = 0
        except Exception as error:
            failures += 1
            reported = cloud_error_of(error)
            pause = report_failure(reported, failures, failed, gate) * jitter()
        if await alarm.sleep(pause):
            # A ring asks for data soon, even if the first attempt comes too early.
            failures = 0


def report_failure(
    error: CloudError, failures: int, failed: Callable[[CloudError], None], gate: CredentialsGate
) -> float:
    """Reports a failure, closes the gate on expired credentials, and returns how long to wait."""
    failed(error)
    if error.kind is ErrorKind.CREDENTIALS:
        gate.close(error)
        return 0.0
    return pause_after(error, failures)


def cloud_error_of(error: Exception) -> CloudError:
    """A bug must not stop a feed silently: it is reported like any other failure."""
    if isinstance(error, CloudError):
        return error
    sentence = f"Internal error while reading ({type(error).__name__}); retrying."
    return CloudError(ErrorKind.INTERNAL, sentence, detail=str(error))
