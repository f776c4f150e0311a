"""What one project's tail is asked for."""

from __future__ import annotations

from typing import NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.log_query import QueryTooLong, service_query
from cfconsole.domain.logs import Severity
from cfconsole.domain.services import ServiceKey

START_BACK_S = 3600.0
"""Lists are always bounded in time: unbounded ones can take minutes."""


class Wanted(NamedTuple):
    """What is tailed: the services of this project that somebody looks at, and the background events if wanted."""

    keys: tuple[ServiceKey, ...] = ()
    min_severity: Severity = Severity.DEFAULT
    extra: str = ""
    """The operator's expression in the Logging query language."""
    back_s: float = START_BACK_S
    """How far back the log is read."""
    background: bool = True
    filling: int = 0
    """Counts how often the log was emptied and has to be filled again."""

    def query(self, since_ns: int | None = None) -> str:
        """Raises `CloudError` if so many services are selected that the filter is longer than Logging allows."""
        try:
            return service_query(self.keys, self.min_severity, self.background, since_ns=since_ns, extra=self.extra)
        except QueryTooLong as error:
            raise CloudError(ErrorKind.INVALID, str(error), api="Logging") from error
