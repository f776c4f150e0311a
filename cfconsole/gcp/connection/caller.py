"""How every call is made: in its lane of the throttle, with its failures translated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from cfconsole.domain.errors import CloudError
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import translated
from cfconsole.gcp.connection.throttle import Throttle

_Result = TypeVar("_Result")


class Caller:
    """Makes the calls to one API."""

    def __init__(self, api: str, scrub: Scrubber) -> None:
        self.api = api
        self.scrub = scrub

    async def call(self, call: Callable[[], Awaitable[_Result]], *lanes: Throttle) -> _Result:
        """The answer to `call`, made once every lane is free. Raises `CloudError`."""
        for lane in lanes:
            await lane.acquire()
        try:
            with translated(self.api, self.scrub):
                result = await call()
        except CloudError as error:
            for lane in lanes:
                lane.failed(error)
            raise
        for lane in lanes:
            lane.succeeded()
        return result
