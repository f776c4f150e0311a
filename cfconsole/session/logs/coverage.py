"""How far the log of each service of a project is known. Pure: it computes with moments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.session.logs.tail_query import TailQuery


class CoveredSpan(Struct, frozen=True):
    """A span of one service's log that is complete, or whose gaps are marked."""

    from_ns: int
    to_ns: int
    min_severity: Severity
    extra: str

    def satisfies(self, query: TailQuery) -> bool:
        """Whether the span holds everything that the query selects."""
        return self.extra == query.extra and self.min_severity <= query.min_severity


class Coverage:
    """The newest entry, and the spans of each service, including services that are not selected now."""

    def __init__(self) -> None:
        self.last_ns = 0
        """The newest entry of the project's stream and pages; one with a future time counts as of its arrival."""
        self._query = TailQuery()
        self._spans: dict[ServiceKey, dict[Severity, CoveredSpan]] = {}
        """By lowest severity read: what is known of a lower one stays known while a higher one is selected."""
        self._filled = False

    def set_query(self, query: TailQuery) -> None:
        self.reopen()
        self._query = query
        if query.read_to_ns:
            self.begin((key for key in query.keys if key not in self._spans), query.read_from_ns, query.read_to_ns)

    def reopen(self) -> None:
        """A stream begins: until the entries before it are read, its entries are not complete."""
        if self._filled:
            self.extend(self._query.keys, self.last_ns)
        self._filled = False

    def mark_filled(self) -> None:
        """Everything since the last break was read, so the stream's entries are complete."""
        self._filled = True
        self.extend(self._query.keys, self.last_ns)

    def note_entries(self, entries: Sequence[LogEntry], now_ns: int) -> None:
        """Notes entries in time order, either way. A clock that is ahead must not hide the entries before its time."""
        if entries:
            newest = max(entries[0].timestamp_ns, entries[-1].timestamp_ns)
            self.last_ns = max(self.last_ns, min(newest, now_ns))

    def begin(self, keys: Iterable[ServiceKey], from_ns: int, to_ns: int) -> None:
        """The newest page of services was read."""
        query = self._query
        for key in keys:
            self._note(key, CoveredSpan(from_ns, to_ns, query.min_severity, query.extra))

    def extend_back(self, keys: Iterable[ServiceKey], from_ns: int) -> None:
        """The log of these services was read back to a moment."""
        for key in keys:
            span = self._best_span(key)
            if span:
                earlier = min(span.from_ns, from_ns)
                self._note(key, replace(span, from_ns=earlier, min_severity=self._query.min_severity))

    def forget(self, keys: Collection[ServiceKey]) -> None:
        """The entries of these services have left the buffer."""
        for key in keys:
            self._spans.pop(key, None)

    @property
    def is_filled(self) -> bool:
        return self._filled

    @property
    def known(self) -> dict[ServiceKey, CoveredSpan]:
        """The spans of the selected services whose log was read as the query selects it."""
        if self._filled:
            self.extend(self._query.keys, self.last_ns)
        spans = ((key, self._best_span(key)) for key in self._query.keys)
        return {key: span for key, span in spans if span}

    def ends(self, keys: Iterable[ServiceKey]) -> list[int]:
        """The ends of the spans of these services, whatever they were read with."""
        return [max(span.to_ns for span in self._spans[key].values()) for key in keys if key in self._spans]

    def extend(self, keys: Iterable[ServiceKey], to_ns: int) -> None:
        """The log of these services was read up to a moment, at least."""
        for key in keys:
            span = self._best_span(key)
            if span:
                self._note(key, replace(span, to_ns=max(span.to_ns, to_ns), min_severity=self._query.min_severity))

    def _best_span(self, key: ServiceKey) -> CoveredSpan | None:
        """The span of a service that satisfies the query and reaches furthest."""
        spans = self._spans.get(key, {}).values()
        return max((span for span in spans if span.satisfies(self._query)), key=_end, default=None)

    def _note(self, key: ServiceKey, span: CoveredSpan) -> None:
        self._spans.setdefault(key, {})[span.min_severity] = span


def _end(span: CoveredSpan) -> int:
    return span.to_ns
