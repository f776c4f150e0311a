"""Single reads of the log on the operator's request; they count against the read quota like all others."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.query import expression_error, trace_query
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.tail_query import tail_query_of
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import ClockPort, LogsPort

CHECK_RANGE_S = 60
"""A short range is enough to see whether Logging understands an expression."""
TRACE_AROUND_S = 3600
TRACE_PAGE = 1000


class SingleLogReads:
    """Reads pages of the projects that have a budget."""

    def __init__(self, logs: LogsPort, view: LogView, clock: ClockPort, budgets: Mapping[str, ReadBudget]) -> None:
        self._logs = logs
        self._view = view
        self._clock = clock
        self._budgets = budgets

    async def query_error(self, query: str) -> str:
        """Why an expression can't filter the log on screen; empty if it can."""
        if complaint := expression_error(query):
            return complaint
        projects = sorted({key.project for key in self._view.keys if key.project in self._budgets})
        if not projects:
            return "Select a service first; the expression filters its log"
        since_ns = to_ns(self._clock.now()) - CHECK_RANGE_S * NS
        try:
            queries = {
                project: replace(tail_query_of(self._view, project), extra=query).query(since_ns=since_ns)
                for project in projects
            }
            await self._budgets[projects[0]].wait_and_take()
            await self._logs.page(projects[0], queries[projects[0]], size=1, newest_first=True)
        except CloudError as error:
            if error.kind is ErrorKind.INVALID:
                return error.sentence
            return f"The expression could not be checked: {error.sentence}"
        return ""

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace within an hour of it, from the buffer and a read. Raises `CloudError`."""
        if not entry.trace:
            return (entry,)
        budget = self._budgets.get(entry.project)
        if budget is None:
            raise CloudError(ErrorKind.NOT_FOUND, f"Project {entry.project} of this trace is not in this context")
        around = TRACE_AROUND_S * NS
        since_ns, until_ns = max(0, entry.timestamp_ns - around), entry.timestamp_ns + around
        query = trace_query(entry.project, entry.trace, since_ns=since_ns, until_ns=until_ns)
        await budget.wait_and_take()
        page = await self._logs.page(entry.project, query, size=TRACE_PAGE, newest_first=False)
        found = {item.identity: item for item in (entry, *_buffered(self._view.buffer, entry), *page.entries)}
        return tuple(
            sorted(
                (item for item in found.values() if since_ns <= item.timestamp_ns < until_ns),
                key=lambda item: item.order,
            )
        )


def _buffered(buffer: LogBuffer, entry: LogEntry) -> list[LogEntry]:
    rows = buffer.rows(0, len(buffer))
    return [
        row for row in rows if isinstance(row, LogEntry) and row.trace == entry.trace and row.project == entry.project
    ]
