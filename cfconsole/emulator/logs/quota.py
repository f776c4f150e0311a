"""Cloud Logging's read quota: a number of `entries.list` calls per minute and project."""

from __future__ import annotations

from datetime import datetime, timedelta

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from cfconsole.emulator.clock import Clock

_MINUTE = timedelta(minutes=1)
_RESOURCE_EXHAUSTED = 8
LIMIT_NAME = "ReadRequestsPerMinutePerProject"


class ReadQuota:
    """Counts the reads of each project, in minutes that begin with a read."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._used: dict[str, tuple[datetime, int]] = {}

    def allows(self, project: str) -> bool:
        """Counts one read and returns whether the quota allows it. A quota of 0 allows everything."""
        if not self._per_minute:
            return True
        now = self._clock.now()
        began, used = self._used.get(project, (now, 0))
        if now - began >= _MINUTE:
            began, used = now, 0
        self._used[project] = (began, used + 1)
        return used < self._per_minute

    def refusal(self, project: str) -> status_pb2.Status:
        """Google's answer when the quota is exceeded, with the reason and the limit in its details."""
        message = (
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service "
            f"'logging.googleapis.com' for consumer '{project}'."
        )
        reason = error_details_pb2.ErrorInfo(
            reason="RATE_LIMIT_EXCEEDED",
            domain="googleapis.com",
            metadata={"quota_limit": LIMIT_NAME, "quota_limit_value": str(self._per_minute), "consumer": project},
        )
        detail = AnyMessage()
        detail.Pack(reason)
        return status_pb2.Status(code=_RESOURCE_EXHAUSTED, message=message, details=[detail])
