"""Reads the past of several services' logs for commands: newest pages first, within the read quota, in one order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, repeat

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.query import service_query
from cfconsole.domain.logs.rows import Row, row_key
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.watch.concurrent_calls import gather_outcomes

PAGE = 1000
SEARCHED_PAGES = 20
"""The pages of a project that are searched before the search gives up: about two minutes."""

Identity = tuple[str, int, str]


class LogQuery(Struct, frozen=True):
    """Which entries to read."""

    keys: tuple[ServiceKey, ...]
    since_ns: int
    until_ns: int
    """The moment of the query. Later entries are read, too, but without a promise of completeness."""
    accepts: Callable[[LogEntry], bool]
    searched: bool = False
    """Whether `accepts` may reject much of what is read."""
    expression: str = ""
    """In the Logging query language; narrows what is read."""
    limit: int = PAGE

    @property
    def projects(self) -> dict[str, tuple[ServiceKey, ...]]:
        """The services of each project, in order."""
        return {project: tuple(keys) for project, keys in groupby(sorted(self.keys), lambda key: key.project)}

    @property
    def page_size(self) -> int:
        """One more than the limit if nothing is rejected, which shows whether there are more."""
        return PAGE if self.searched else min(PAGE, self.limit + 1)

    @property
    def pages(self) -> int:
        return max(SEARCHED_PAGES, self.limit // PAGE + 1)


class PastLog(Struct, frozen=True):
    """The rows that were read, oldest first, with gaps for missing entries; and the errors."""

    rows: tuple[Row, ...]
    failed: Mapping[str, CloudError] = {}
    """Why the log of a project could not be read, or not to its end."""


class _ProjectPart(Struct, frozen=True):
    """What was read of one project."""

    entries: tuple[LogEntry, ...]
    gap: Gap | None = None
    error: CloudError | None = None


def combined_expression(min_severity: Severity, expression: str) -> str:
    """An expression for both. Unlike in the console's own query, the severity applies to request logs, too."""
    least = f"severity>={min_severity.name}" if min_severity > Severity.DEFAULT else ""
    if not (least and expression.strip()):
        return least or expression
    # On its own lines: a comment at its end must not swallow the closing parenthesis.
    return f"{least} AND (\n{expression.strip()}\n)"


class LogReader:
    """Reads pages. `report_wait` is called once, with the seconds that the quota makes a read wait."""

    def __init__(
        self, logs: LogsPort, clock: ClockPort, budgets: Mapping[str, ReadBudget], report_wait: Callable[[float], None]
    ) -> None:
        self._logs = logs
        self._clock = clock
        self._budgets = budgets
        self._report_wait = report_wait
        self._reported = False

    async def read(self, query: LogQuery) -> PastLog:
        """The newest matching entries, up to the limit.

        Raises `CloudError` if nothing at all could be read, and `QueryTooLong`.
        """
        projects = query.projects
        filters = [
            service_query(keys, background=False, since_ns=query.since_ns, extra=query.expression)
            for keys in projects.values()
        ]
        outcomes = await gather_outcomes(map(self._read_project, projects, filters, repeat(query)))
        errors = {project: one for project, one in zip(projects, outcomes, strict=True) if isinstance(one, CloudError)}
        if len(errors) == len(projects):
            raise next(iter(errors.values()))
        parts = [
            _unread_part(query, keys) if isinstance(one, CloudError) else one
            for keys, one in zip(projects.values(), outcomes, strict=True)
        ]
        errors |= {project: part.error for project, part in zip(projects, parts, strict=True) if part.error}
        return PastLog(_newest(query, parts), errors)

    async def _read_project(self, project: str, expression: str, query: LogQuery) -> _ProjectPart:
        """Raises `CloudError` if not even one page could be read."""
        found: dict[Identity, LogEntry] = {}
        token, oldest_ns, error = "", query.until_ns, None
        for number in range(query.pages):
            await self._wait_for_budget(project)
            try:
                page = await self._logs.page(project, expression, size=query.page_size, newest_first=True, page=token)
            except CloudError as failure:
                if not number:
                    raise
                error = failure
                break
            found |= {entry.identity: entry for entry in page.entries if query.accepts(entry)}
            token, oldest_ns = page.next_page, min([oldest_ns, *(entry.timestamp_ns for entry in page.entries)])
            if not token or len(found) >= query.limit:
                break
        keys = query.projects[project]
        gap = Gap(GapReason.NOT_READ, 0, query.since_ns, oldest_ns, keys) if token else None
        return _ProjectPart(tuple(found.values()), gap, error)

    async def _wait_for_budget(self, project: str) -> None:
        budget = self._budgets[project]
        while not budget.take():
            if not self._reported:
                self._reported = True
                self._report_wait(budget.wait_s())
            await self._clock.sleep(budget.wait_s())


def _unread_part(query: LogQuery, keys: tuple[ServiceKey, ...]) -> _ProjectPart:
    return _ProjectPart((), Gap(GapReason.NOT_READ, 0, query.since_ns, query.until_ns, keys))


def _newest(query: LogQuery, parts: Sequence[_ProjectPart]) -> tuple[Row, ...]:
    """The newest entries of all projects; one gap stands for everything older, read or not."""
    entries = sorted((entry for part in parts for entry in part.entries), key=lambda entry: entry.order)
    gaps = [part.gap for part in parts if part.gap]
    cut = len(entries) - query.limit
    if cut > 0:
        entries = entries[cut:]
        floor_ns = entries[0].timestamp_ns
        gaps = [gap for gap in gaps if gap.to_ns > floor_ns]
        gaps.append(Gap(GapReason.NOT_READ, cut, query.since_ns, floor_ns))
    rows: list[Row] = [*entries, *gaps]
    return tuple(sorted(rows, key=row_key))
