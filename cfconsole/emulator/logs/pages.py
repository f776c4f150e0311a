"""Paging of `ListLogEntries`: scans the stored entries and yields to other tasks in between."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass

from msgspec import Struct

from cfconsole.emulator.errors import invalid_argument
from cfconsole.emulator.logs.query import Query
from cfconsole.emulator.logs.store import LogStore, StoredEntry

_SLICE = 1_000
"""Entries scanned between two turns of the event loop, about three milliseconds."""
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of entries in the requested order. The token is empty on the last page."""

    entries: list[StoredEntry]
    next_token: str


class ListQuery(Struct, frozen=True):
    """A listing request: matching entries of `resources`, newest or oldest first."""

    query: Query
    resources: Collection[str]
    newest_first: bool
    page_size: int

    async def page(self, store: LogStore, token: str) -> Page:
        """The page after `token`. A token names the last entry scanned, so entries written in the meantime neither
        repeat nor skip others."""
        found: list[StoredEntry] = []
        seen = _seen(token)
        while slice_ := self._next_slice(store, seen):
            for stored in slice_:
                if len(found) == self.page_size:
                    return Page(found, _token(seen))
                seen = stored
                if stored.project in self.resources and self.query.matches(stored.decoded()):
                    found.append(stored)
            await asyncio.sleep(0)
        return Page(found, "")

    def _next_slice(self, store: LogStore, seen: StoredEntry | None) -> list[StoredEntry]:
        first = store.position(self.query.earliest)
        end = store.position(self.query.latest + 1)
        if seen is not None and self.newest_first:
            end = min(end, store.position(*seen[:3]))
        elif seen is not None:
            # The smallest log name that sorts after the last one.
            first = max(first, store.position(seen.timestamp, seen.insert_id, seen.log_name + "\0"))
        if self.newest_first:
            return store.slice(max(first, end - _SLICE), end)[::-1]
        return store.slice(first, min(end, first + _SLICE))


def _token(seen: StoredEntry | None) -> str:
    if seen is None:
        return ""
    return base64.urlsafe_b64encode(_SEPARATOR.join(map(str, seen[:3])).encode()).decode()


def _seen(token: str) -> StoredEntry | None:
    if not token:
        return None
    try:
        timestamp, insert_id, log_name = base64.urlsafe_b64decode(token).decode().split(_SEPARATOR)
        return StoredEntry(int(timestamp), insert_id, log_name, b"")
    except (binascii.Error, ValueError):
        raise invalid_argument("page_token is not valid; use next_page_token of the page before.") from None
