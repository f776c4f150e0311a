"""Errors of the log, grouped by their messages. The groups follow the buffer and read each row once.

A row stays counted when it falls out of the buffer: counts and first times are those of all rows since the groups began
to follow it, and of the rows in it then. Rows older than those that fell out no longer count. A stack trace that
arrived as one entry a line is one error, identified by its first line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.rows import Row, RowKey, row_key
from cfconsole.domain.logs.stack_assembly import LOOKBACK_ROWS, SplitStack, SplitStacks
from cfconsole.domain.logs.templates import request_template, template_of
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.last_deploy import LastDeploy

MAX_GROUPS = 400
"""More groups than anybody reads; beyond that the rarest and oldest ones are counted together."""

_CACHED_TEMPLATES = 2_048
_MAX_CACHED_LENGTH = 4_096
"""Longer messages rarely repeat and would fill the memory."""


class GroupKey(Struct, frozen=True, order=True):
    """Identifies a group. An empty template means all other errors of all services."""

    service: ServiceKey
    template: str


OTHERS = GroupKey(ServiceKey("", "", ""), "")


class ErrorGroup(Struct, frozen=True):
    """Errors of one service with the same template."""

    key: GroupKey
    entries: int
    sample: LogEntry
    """The first entry."""
    last_ns: int
    revisions: tuple[str, ...]
    """The revisions with this error, in the order of its first occurrence."""
    kinds: int = 1
    """How many groups this one combines; more than one only for `OTHERS`."""
    whole: bool = True
    """False if earlier entries may be among the others; then the count is a minimum and the first one is uncertain."""

    @property
    def first_ns(self) -> int:
        return self.sample.timestamp_ns

    @property
    def is_requests(self) -> bool:
        """Whether these are failed requests, which say less than the errors that caused them."""
        return _is_request_log(self.sample)


class Age(IntEnum):
    """Whether a group began with the last deploy, most interesting first."""

    NEW = 0
    UNKNOWN = 1
    """The log does not reach back to before the deploy, so the group may be older."""
    OLD = 2


def is_error(row: Row) -> bool:
    """Whether a row is an error: an entry of severity ERROR or above, or a request answered with 5xx."""
    if isinstance(row, Gap):
        return False
    if row.severity >= Severity.ERROR:
        return True
    return row.request is not None and row.request.status >= 500 and _is_request_log(row)


def groups_worst_first(groups: Iterable[ErrorGroup], ages: Mapping[GroupKey, Age]) -> tuple[ErrorGroup, ...]:
    """New groups first, errors before failed requests, then the most frequent; the others last."""

    def rank(group: ErrorGroup) -> tuple[object, ...]:
        return (group.key == OTHERS, ages[group.key], group.is_requests, -group.entries, group.key)

    return tuple(sorted(groups, key=rank))


def _is_request_log(entry: LogEntry) -> bool:
    """Whether the platform logged it; what an application logs about a request is grouped by its message."""
    return entry.request is not None and entry.log.endswith("/requests")


class ErrorGroups:
    """The error groups of one buffer, without clock or I/O. Rows may come late; each counts once."""

    def __init__(self, buffer: LogBuffer, limit: int = MAX_GROUPS) -> None:
        self._buffer = buffer
        self._limit = limit
        self._template = lru_cache(_CACHED_TEMPLATES)(template_of)
        self._tallies: dict[GroupKey, _Tally] = {}
        self._others: _Tally | None = None
        self._counted: dict[RowKey, GroupKey] = {}
        self._dropped_until: RowKey | None = None
        self._stacks = SplitStacks()
        self._first_logged: dict[tuple[str, str, str, str], int] = {}
        self._seen = -1
        self._next_row: RowKey | None = None

    def update(self, at_most: int | None = None) -> bool:
        """Reads new rows, at most so many at a time; returns false while more are waiting."""
        buffer = self._buffer
        start = buffer.first_change_since(self._seen)
        if self._next_row is not None:
            start = min(start, buffer.index_of(self._next_row))
        self._seen = buffer.version
        end = len(buffer) if at_most is None else min(len(buffer), start + at_most)
        self._next_row = buffer.key_at(end) if end < len(buffer) else None
        if start < end:
            self._stacks.forget_before(buffer.key_at(0))
            self._process(start, end)
        self._fold()
        self._forget_dropped()
        return self._next_row is None

    def groups(self) -> tuple[ErrorGroup, ...]:
        """All groups, in no order; the others, if any, come last."""
        found = [tally.group(key) for key, tally in self._tallies.items()]
        if self._others:
            found.append(self._others.group(OTHERS))
        return tuple(found)

    def key_of(self, entry: LogEntry) -> GroupKey | None:
        """The group of an entry at present; `None` if it is not an error."""
        if not is_error(entry):
            return None
        key = self._counted.get(row_key(entry)) or self._key(entry)
        return key if key in self._tallies or not self._others else OTHERS

    def since_ns(self, service: ServiceKey) -> int | None:
        """The time of the first row of a service, error or not; what was before is unknown."""
        return min(
            (moment for place, moment in self._first_logged.items() if ServiceKey(*place[:3]) == service), default=None
        )

    def age(self, group: ErrorGroup, deploy: LastDeploy | None) -> Age:
        """Whether a group began with a deploy. Known only if the log reaches back to before it."""
        if deploy is None or group.key == OTHERS or group.first_ns < to_ns(deploy.at):
            return Age.OLD
        since = self.since_ns(group.key.service)
        known = group.whole and since is not None and since < to_ns(deploy.at)
        return Age.NEW if known else Age.UNKNOWN

    def logged_revisions(self, service: ServiceKey) -> tuple[str, ...]:
        """The revisions of a service that have rows."""
        return tuple(place[3] for place in self._first_logged if ServiceKey(*place[:3]) == service)

    def _process(self, start: int, end: int) -> None:
        buffer, stacks = self._buffer, self._stacks
        rows, key = buffer.rows(start, end), buffer.key_at(start)
        for stack in stacks.since(key):
            self._uncount(stack.key)
        parts = stacks.cut(key)
        grown = stacks.add_rows(buffer.rows(max(0, start - LOOKBACK_ROWS), start), rows)
        for row in rows:
            if isinstance(row, LogEntry):
                self._note(row)
                if is_error(row) and not (grown and stacks.of(row)):
                    self._count(row)
        for stack in {stack.key: stack for stack in (*parts, *grown)}.values():
            self._count_stack(stack)

    def _count_stack(self, stack: SplitStack) -> None:
        """Counts a stack trace again, as its text may have changed, and none of its lines by itself."""
        for line in stack.lines:
            self._uncount(row_key(line))
        whole = stack.whole()
        if is_error(whole):
            self._count(whole)

    def _count(self, entry: LogEntry) -> None:
        place = row_key(entry)
        if place in self._counted or (self._dropped_until is not None and place <= self._dropped_until):
            return
        key = self._counted[place] = self._key(entry)
        tally = self._tallies.get(key)
        if tally:
            tally.add(entry)
        else:
            self._tallies[key] = _Tally(entry, whole=self._others is None)

    def _uncount(self, place: RowKey) -> None:
        """Removes a row from the count."""
        key = self._counted.pop(place, None)
        tally = key and (self._tallies.get(key) or self._others)
        if not (key and tally):
            return
        tally.count -= 1
        if tally is self._others:
            self._others = tally if tally.count else None
        elif not tally.count:
            del self._tallies[key]

    def _note(self, entry: LogEntry) -> None:
        """Notes how far back the log of a revision reaches; audit entries reach further and have no revision."""
        place = (entry.project, entry.region, entry.service, entry.revision)
        moment = entry.timestamp_ns
        if entry.revision and moment < self._first_logged.get(place, moment + 1):
            self._first_logged[place] = moment

    def _key(self, entry: LogEntry) -> GroupKey:
        service = ServiceKey(entry.project, entry.region, entry.service)
        if entry.request is not None and _is_request_log(entry):
            return GroupKey(service, request_template(entry.request))
        message = entry.message
        return GroupKey(service, (self._template if len(message) <= _MAX_CACHED_LENGTH else template_of)(message))

    def _fold(self) -> None:
        """Combines the rarest and oldest groups, a few more than needed, so that this happens rarely."""
        if len(self._tallies) <= self._limit:
            return
        ranked = sorted(self._tallies, key=lambda key: self._tallies[key].rank)
        for key in ranked[: len(ranked) - self._limit + self._limit // 8]:
            tally = self._tallies.pop(key)
            if self._others:
                self._others.absorb(tally)
            else:
                self._others = tally

    def _forget_dropped(self) -> None:
        """Forgets counted rows that have left the buffer, which never takes them again."""
        buffer = self._buffer
        if len(self._counted) <= 2 * len(buffer) or not len(buffer):
            return
        oldest = buffer.key_at(0)
        self._dropped_until = max((place for place in self._counted if place < oldest), default=self._dropped_until)
        self._counted = {place: key for place, key in self._counted.items() if place >= oldest}


class _Tally:
    """A group with running counts."""

    __slots__ = ("count", "kinds", "last_ns", "revisions", "sample", "whole")

    def __init__(self, entry: LogEntry, *, whole: bool) -> None:
        self.sample = entry
        self.count = 1
        self.kinds = 1
        self.last_ns = entry.timestamp_ns
        self.revisions: dict[str, int] = {entry.revision: entry.timestamp_ns}
        self.whole = whole

    @property
    def rank(self) -> tuple[int, int]:
        return (self.count, self.last_ns)

    def add(self, entry: LogEntry) -> None:
        self.count += 1
        moment = entry.timestamp_ns
        if moment <= self.sample.timestamp_ns and row_key(entry) <= row_key(self.sample):
            self.sample = entry
        self.last_ns = max(self.last_ns, moment)
        self.revisions[entry.revision] = min(moment, self.revisions.get(entry.revision, moment))

    def absorb(self, other: _Tally) -> None:
        self.count += other.count
        self.kinds += other.kinds
        self.sample = min(self.sample, other.sample, key=row_key)
        self.last_ns = max(self.last_ns, other.last_ns)
        for name, moment in other.revisions.items():
            self.revisions[name] = min(moment, self.revisions.get(name, moment))

    def group(self, key: GroupKey) -> ErrorGroup:
        revisions = sorted(filter(None, self.revisions), key=lambda name: (self.revisions[name], name))
        return ErrorGroup(key, self.count, self.sample, self.last_ns, tuple(revisions), self.kinds, self.whole)
