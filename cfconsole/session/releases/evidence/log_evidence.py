"""Reads the entries that the revisions of a service log, for a release that can't be judged by its requests."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence
from cfconsole.domain.releases.rollout.step_judgement import RequestCounts
from cfconsole.domain.releases.rollout.workload import count_entries, is_own_entry
from cfconsole.domain.releases.verification import total_evidence
from cfconsole.session.releases.evidence.request_log import RequestLog

MAX_LOG_ENTRIES = 20_000
"""The newest entries are kept, which is evidence enough."""


class LogEvidenceReader:
    """The entries of one service that were read in pages. A tail would leave out low severities."""

    def __init__(self, key: ServiceKey, log: RequestLog) -> None:
        self._key = key
        self._log = log
        self._read: dict[tuple[str, int, str], LogEntry] = {}
        self._until: datetime | None = None

    async def read(self, since: datetime, now: datetime) -> None:
        """Reads the newest page, if the read quota allows it now. Raises `CloudError`.

        If a service logs more than a page between two reads, the newest entries stand for all.
        """
        page = await self._log.read_own_entries(self._key, to_ns(since))
        if page is None:
            return
        self._until = now
        for entry in page:
            if is_own_entry(entry, self._key):
                # Counting needs no text.
                self._read[entry.identity] = replace(entry, message="", payload="", trace="", labels=())
        while len(self._read) > MAX_LOG_ENTRIES:
            del self._read[next(iter(self._read))]

    def counts(self, candidate: str, since: datetime) -> RequestCounts | None:
        """The entries logged since a moment; `None` if nothing could be read since."""
        if self._until is None or self._until < since:
            return None
        counted = count_entries(self._read.values(), self._key, to_ns(since))
        beside = total_evidence(counted, without=candidate)
        return RequestCounts(counted.get(candidate, Evidence()), beside, self._until)
