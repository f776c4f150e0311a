"""How every call is made: in its lane of the throttle, with its failures translated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from cfconsole.domain.errors import CloudError
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import translate_errors
from cfconsole.gcp.connection.throttle import Throttle

_Called = TypeVar("_Called")


class ApiCaller:
    """Makes the calls to one API."""

    def __init__(self, api: str, scrub: Scrubber) -> None:
        self.api = api
        self.scrub = scrub

    async def call(self, call: Callable[[], Awaitable[_Called]], *lanes: Throttle) -> _Called:
        """The answer to `call`, made once every lane is free. Raises `CloudError`."""
        for lane in lanes:
            await lane.acquire()
        try:
            with translate_errors(self.api, self.scrub):
                result = await call()
        except CloudError as error:
            for lane in lanes:
                lane.failed(error)
            raise
        for lane in lanes:
            lane.succeeded()
        return result
