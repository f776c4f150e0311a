"""The query of one project's tail."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.query import QueryTooLong, service_query
from cfconsole.session.logs.view import DEFAULT_RANGE_S, LogView


class TailQuery(Struct, frozen=True):
    """What to tail: the selected services of this project, and its background events."""

    keys: tuple[ServiceKey, ...] = ()
    min_severity: Severity = Severity.DEFAULT
    extra: str = ""
    """The operator's expression in the Logging query language."""
    range_s: float = DEFAULT_RANGE_S
    """How far back the log is read. Lists are always bounded in time, because unbounded ones can take minutes."""
    background: bool = True
    read_from_ns: int = 0
    read_to_ns: int = 0
    """Entries between these moments were read before the tail began, and are not read again; 0 if none were."""

    def query(
        self, keys: Sequence[ServiceKey] | None = None, *, since_ns: int | None = None, until_ns: int | None = None
    ) -> str:
        """The filter for all keys or for some. Raises `CloudError` if it is longer than Logging allows."""
        chosen = self.keys if keys is None else keys
        try:
            return service_query(
                chosen, self.min_severity, self.background, since_ns=since_ns, until_ns=until_ns, extra=self.extra
            )
        except QueryTooLong as error:
            raise CloudError(ErrorKind.INVALID, str(error), api="Logging") from error


def tail_query_of(view: LogView, project: str) -> TailQuery:
    """The query for what the screen shows of one project."""
    keys = tuple(key for key in view.keys if key.project == project)
    return TailQuery(keys, view.min_severity, view.query, view.range_s)
