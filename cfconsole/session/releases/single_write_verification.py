"""Verifies within seconds of a change whether the errors have stopped, by the request log of the new revision."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence, Plan, Verdict
from cfconsole.domain.releases.verification import count_requests, judge, verdict_sentence
from cfconsole.session.ports import ClockPort
from cfconsole.session.releases.evidence.request_log import RequestLog

VERIFY_TIMEOUT_S = 60.0
LOOK_EVERY_S = 1.0
READ_EVERY_S = 4.0
BASELINE_S = 300.0
MIN_REQUESTS = 50
"""With a 12 % error rate fewer than one in 500 samples of this size would look clean."""


class Verification(Struct, frozen=True):
    verdict: Verdict
    sentence: str


class Verifier:
    """Judges changes. After `leave` it settles for what is known."""

    def __init__(self, requests: RequestLog, clock: ClockPort) -> None:
        self._requests = requests
        self._clock = clock
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        self._leaving.set()

    async def verify(self, plan: Plan, effective_at: datetime) -> Verification:
        """Inconclusive after a minute, when leaving, and if the log can't be read."""
        began = self._clock.monotonic()
        unread = ""
        read_at = float("-inf")
        with self._requests.collecting(plan.service):
            while True:
                now = self._clock.monotonic()
                due = not self._requests.is_tailed(plan.service) and now - read_at >= READ_EVERY_S
                if due or read_at == float("-inf"):
                    read_at = now
                    unread = await self._read(plan, effective_at, unread)
                verified = self._judge(plan, effective_at)
                late = now - began >= VERIFY_TIMEOUT_S or self._leaving.is_set()
                if verified.verdict is not Verdict.INCONCLUSIVE or late:
                    return replace(verified, sentence=unread) if unread and not self._has_entries(plan) else verified
                with contextlib.suppress(TimeoutError):
                    async with self._clock.timeout(LOOK_EVERY_S):
                        await self._leaving.wait()

    async def _read(self, plan: Plan, effective_at: datetime, unread: str) -> str:
        """Why the log could not be read; what it was before, where the read quota leaves no room now."""
        try:
            read = await self._requests.read(plan.service, to_ns(effective_at - timedelta(seconds=BASELINE_S)))
        except CloudError as error:
            return f"the request logs could not be read: {error.sentence}"
        return unread if read is None else ""

    def _has_entries(self, plan: Plan) -> bool:
        return bool(self._requests.entries(plan.service))

    def _judge(self, plan: Plan, effective_at: datetime) -> Verification:
        entries = self._requests.entries(plan.service)
        since = to_ns(effective_at)
        before = count_requests((entry for entry in entries if entry.timestamp_ns < since), plan.service, 0)
        after = count_requests(entries, plan.service, since)
        bad_before = before.get(plan.bad, Evidence())
        now = after.get(plan.target, Evidence())
        verdict = judge(bad_before, now, MIN_REQUESTS)
        return Verification(verdict, verdict_sentence(bad_before, now, verdict))
