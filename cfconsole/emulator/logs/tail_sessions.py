"""Tail sessions: the streaming method `TailLogEntries`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import grpc

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.logs.query import Query, compile_filter
from cfconsole.emulator.logs.raw import GIGA, nanoseconds, projects_of
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.logs.syntax import FilterError
from cfconsole.emulator.logs.tail import LogLimits, Tail

DEFAULT_WINDOW = 2.0
MAX_WINDOW = 60.0
SESSION_OVER = (
    "Session has run for the maximum allowed duration of 1h. To continue, start a new session with the same request."
)
RESET = "The stream was reset by the server."
TOO_MANY_SESSIONS = (
    "There are too many tail sessions open. Close one of the {limit} open sessions of {project} and try again."
)


class TailFaults(Protocol):
    """The faults that open tail streams look up."""

    @property
    def tail_silent(self) -> bool:
        """While True, open streams stay open and deliver nothing."""
        ...

    @property
    def tail_mutings(self) -> int:
        """How many times all open streams have been muted; a stream opened before the latest time delivers nothing."""
        ...

    async def wait_for_cut(self) -> grpc.StatusCode:
        """Returns the status to end with when all open streams are to end."""
        ...


class _TailRequest(NamedTuple):
    """A parsed tail request."""

    query: Query
    resources: Collection[str]
    window: float


class TailSessions:
    """Runs tail streams, a limited number per project, until the client, the session limit or a fault ends them."""

    def __init__(self, store: LogStore, clock: Clock, faults: TailFaults, limits: LogLimits) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._limits = limits
        self._open: Counter[str] = Counter()

    @property
    def open_sessions(self) -> int:
        """The number of open streams, over all projects."""
        return self._open.total()

    async def serve(self, requests: AsyncIterator[Any], context: Any) -> None:
        """Serves one stream. It takes one request, the first message."""
        try:
            first = await anext(requests, None)
            if first is None:
                return
            session = _tail_request(first)
            with self._admitted(session.resources):
                await self._run(session, requests, context)
        except ApiError as error:
            await context.abort(error.code, error.message)

    @contextmanager
    def _admitted(self, resources: Collection[str]) -> Iterator[None]:
        for project in resources:
            if self._open[project] >= self._limits.sessions_per_project:
                message = TOO_MANY_SESSIONS.format(limit=self._limits.sessions_per_project, project=project)
                raise ApiError(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
        self._open.update(resources)
        try:
            yield
        finally:
            self._open.subtract(resources)
            self._open = +self._open

    async def _run(self, session: _TailRequest, requests: AsyncIterator[Any], context: Any) -> None:
        tail = Tail(session.query, session.resources, self._limits)
        self._store.subscribe(tail.add)
        mutings, cutting = self._faults.tail_mutings, asyncio.ensure_future(self._cut())
        try:
            # Lets the task of `_cut` start first: a client that has the metadata may be cut at once.
            await asyncio.sleep(0)
            # Tells the client that the session has begun: it contains all entries from now on.
            await context.send_initial_metadata(())
            await _first_of(
                self._send(tail, session.window, context, mutings),
                self._expire(),
                cutting,
                _until_half_closed(requests),
            )
        finally:
            cutting.cancel()
            self._store.unsubscribe(tail.add)

    async def _send(self, tail: Tail, window: float, context: Any, mutings: int) -> None:
        while True:
            await tail.wait_for_entries()
            # At least one turn of the event loop, so that a burst is sent together even without a window.
            await self._clock.sleep(window)
            for response in tail.responses():
                if not self._faults.tail_silent and self._faults.tail_mutings == mutings:
                    await context.write(response)

    async def _expire(self) -> None:
        await self._clock.sleep(self._limits.session_seconds)
        raise ApiError(grpc.StatusCode.OUT_OF_RANGE, SESSION_OVER)

    async def _cut(self) -> None:
        code = await self._faults.wait_for_cut()
        raise ApiError(code, SESSION_OVER if code is grpc.StatusCode.OUT_OF_RANGE else RESET)


async def _until_half_closed(requests: AsyncIterator[Any]) -> None:
    """Returns when the client has closed its side, which ends the session."""
    if await anext(requests, None) is not None:
        raise invalid_argument("Write can only be called once in a single tail session.")


async def _first_of(*endings: Awaitable[None]) -> None:
    """Runs all until the first is done, and returns or raises as that one does."""
    tasks = [asyncio.ensure_future(ending) for ending in endings]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _tail_request(request: Any) -> _TailRequest:
    window = DEFAULT_WINDOW
    if request.HasField("buffer_window"):
        window = nanoseconds(request.buffer_window) / GIGA
    if not 0 <= window <= MAX_WINDOW:
        raise invalid_argument(f"buffer_window must be between 0 and 60 seconds, not {window:g}.")
    try:
        return _TailRequest(compile_filter(request.filter), projects_of(request.resource_names), window)
    except FilterError as error:
        raise invalid_argument(str(error)) from None
