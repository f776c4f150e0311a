"""Log entries: from raw protobuf to values that are safe to show, in slices that keep the event loop free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from google.cloud.logging_v2.types import TailLogEntriesResponse
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import GapReason, LogEntry, Request, Suppression
from cfconsole.domain.logs.messages import request_message, violation_message
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.logs.payloads import EntryContent, content_of, request_of
from cfconsole.gcp.protos.messages import Proto, last_part, service_key

SLICE = 200
"""How many entries are converted between two turns of the event loop, which takes a few milliseconds."""

_REMEMBERED = 4096
_SHORT = 200
"""Longer texts are not cached: they rarely repeat and would take up memory."""

_RATE_LIMIT = TailLogEntriesResponse.SuppressionInfo.Reason.RATE_LIMIT


class EntryReader:
    """Converts entries. Names and labels repeat from entry to entry, so their safe forms are cached."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub
        self._remembered = lru_cache(_REMEMBERED)(scrub.line)
        self._log = lru_cache(_REMEMBERED)(self._split_log_name)

    async def slices(self, entries: Sequence[Proto]) -> AsyncIterator[tuple[LogEntry, ...]]:
        """All of `entries`, at most `SLICE` at a time; the event loop gets a turn in between."""
        for start in range(0, len(entries), SLICE):
            if start:
                await asyncio.sleep(0)
            yield tuple(map(self.entry, entries[start : start + SLICE]))

    def entry(self, pb: Proto) -> LogEntry:
        """One raw `LogEntry` (Cloud Logging v2)."""
        content = content_of(pb)
        request = request_of(pb.http_request) if pb.HasField("http_request") else None
        message = self._scrub(content.message or (request_message(request) if request else ""))
        project, log = self._log(pb.log_name)
        labels = tuple(sorted((self._line(k), self._line(v)) for k, v in pb.labels.items()))
        place = self._place(pb.resource.labels, content)
        part, mark = _part(pb) if pb.HasField("split") else ("", "")
        return LogEntry(
            timestamp_ns=_timestamp_ns(pb),
            insert_id=self._scrub.line(pb.insert_id) + part,
            severity=pb.severity,
            log=log,
            project=project,
            region=place.region,
            service=place.name,
            revision=self._line(pb.resource.labels.get("revision_name", "")),
            message=mark + (message or violation_message(log, dict(labels))),
            payload=self._scrub(content.payload) if content.payload else "",
            trace=self._scrub.line(last_part(pb.trace)) if pb.trace else "",
            labels=labels,
            request=self._safe(request) if request else None,
            actor=self._line(content.actor),
            method=self._line(content.method),
        )

    def _safe(self, request: Request) -> Request:
        return replace(request, method=self._line(request.method), path=self._scrub.line(request.path))

    def _line(self, text: str) -> str:
        if not text:
            return ""
        return self._remembered(text) if len(text) <= _SHORT else self._scrub.line(text)

    def _split_log_name(self, name: str) -> tuple[str, str]:
        """Project and log id of `projects/P/logs/URL-ENCODED-ID`."""
        parent, _, log = name.partition("/logs/")
        return self._scrub.line(last_part(parent)), self._scrub.line(unquote(log))

    def _place(self, labels: Proto, content: EntryContent) -> ServiceKey:
        """The service an entry is about: from its resource, or from the resource name in an audit record."""
        region = labels.get("location", "") or labels.get("region", "")
        name = labels.get("service_name", "") or labels.get("function_name", "")
        if not (name and region) and content.resource:
            named = service_key(content.resource)
            region = region or (named.region if named else "")
            # In records of Cloud Run v1 the name is `namespaces/P/services/NAME`.
            name = name or (named.name if named else content.resource.partition("/services/")[2].partition("/")[0])
        return ServiceKey("", self._line(region), self._line(name))


def suppressions_from(infos: Sequence[Proto]) -> tuple[Suppression, ...]:
    """The entries that a response left out, by reason; reasons unknown to this version count as not consumed."""
    return tuple(
        Suppression(
            GapReason.RATE_LIMIT if info.reason == _RATE_LIMIT else GapReason.NOT_CONSUMED, info.suppressed_count
        )
        for info in infos
        if info.suppressed_count
    )


def _part(pb: Proto) -> tuple[str, str]:
    """The id suffix and the visible mark of one part of an entry that Google split (`LogSplit`).

    All parts have the same time; the suffix keeps them apart and in order, whatever their ids are.
    """
    split = pb.split
    return f"/{split.index:04d}", f"[{split.index + 1} of {split.total_splits}] "


def _timestamp_ns(pb: Proto) -> int:
    stamp = pb.timestamp if pb.HasField("timestamp") else pb.receive_timestamp
    return int(stamp.seconds) * 1_000_000_000 + int(stamp.nanos)
