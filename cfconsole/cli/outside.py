"""Owns the ports that call others than Google over HTTP, loaded in a worker thread at their first use."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from cfconsole.domain.text import Scrubber

if TYPE_CHECKING:
    from cfconsole.domain.notices import Notice
    from cfconsole.domain.probes import ProbeAnswer
    from cfconsole.net.probes import Probes


class LaterProbes:
    """The probes port."""

    def __init__(self, scrub: Scrubber, id_token: Callable[[str], Awaitable[str]]) -> None:
        self._scrub = scrub
        self._id_token = id_token
        self._probes: Probes | None = None

    async def ask(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        """See `Probes.ask`."""
        module = await loaded("cfconsole.net.probes")
        if self._probes is None:
            self._probes = module.Probes(self._scrub, self._id_token)
        return await self._probes.ask(url, path, timeout_s=timeout_s)

    async def aclose(self) -> None:
        if self._probes is not None:
            await self._probes.aclose()


class LaterWebhook:
    """The notify port."""

    def __init__(self, scrub: Scrubber, url: str) -> None:
        self._scrub = scrub
        self._url = url

    async def tell(self, notice: Notice) -> None:
        """See `Webhook.tell`."""
        module = await loaded("cfconsole.net.webhooks")
        await module.Webhook(self._url, self._scrub).tell(notice)


async def put_archive(scrub: Scrubber, url: str, archive: bytes) -> None:
    """See `Uploads.put`."""
    module = await loaded("cfconsole.net.uploads")
    await module.Uploads(scrub).put(url, archive)


async def loaded(module: str) -> Any:
    """The module; loading it takes a while the first time, which the event loop spends otherwise."""
    return await asyncio.to_thread(importlib.import_module, module)
