"""Owns the port of sources on this machine, loaded in a worker thread at its first use."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfconsole.domain.sources import PackedSource, SourceOrder, SourceTrouble


class LaterSources:
    """The sources port. `redact` are the expressions of the configuration."""

    def __init__(self, redact: Sequence[str]) -> None:
        self._redact = redact

    async def pack(self, order: SourceOrder) -> PackedSource | SourceTrouble:
        """See `SourceFolders.pack`."""
        from cfconsole.domain.text import Scrubber

        module = await asyncio.to_thread(importlib.import_module, "cfconsole.store.sources")
        packed: PackedSource | SourceTrouble = await module.SourceFolders(Scrubber(self._redact)).pack(order)
        return packed
