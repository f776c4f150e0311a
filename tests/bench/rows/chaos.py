"""Streams that are cut, ended and muted while entries arrive: each entry must be in the log once, in order.

The session's tail runs in this process, over gRPC, on an emulator in a process of its own. Its clock and the timestamps
run faster, so that pauses don't take hours, and its read budget is unlimited.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.clients import emulator_clients
from cfconsole.gcp.connection.options import UNLIMITED
from cfconsole.gcp.logs.cloud_logs import BUFFER_WINDOW, CloudLogs
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.project_tail import ProjectTail
from cfconsole.session.logs.tail_query import TailQuery
from cfconsole.session.watch.supervisor import CredentialsGate
from tests.bench.feed import WRITE_METHOD, request_for
from tests.bench.ledger import FastClock, Ledger, UnlimitedReads
from tests.bench.programs import EmulatorAddress, Workshop, idle_emulator
from tests.bench.rows.streams import SERVICE
from tests.bench.table import Row

SPEED = 20.0
ENTRIES_A_CUT = 1_000
PER_S = 2_500
"""Entries per second of real time; fewer while a stream is muted, because noticing that takes a minute or two."""
PER_S_MUTE = 120
_BATCH = 100
_LATE_EVERY = 101
_LATE = timedelta(seconds=0.8)
_SEED = 7
_SETTLE_S = 2.0
_ARRIVES_WITHIN_S = 60.0
_ENDINGS = ("UNAVAILABLE", "OUT_OF_RANGE", "INTERNAL", "UNAVAILABLE", "CANCELLED")
_MUTE_EVERY, _MUTE_AT = 100, 25


def chaos(workshop: Workshop) -> Iterator[Row]:
    cuts = 50 if workshop.quick else 1_000
    with idle_emulator(workshop) as at:
        ledger, opened = asyncio.run(_run(at, cuts))
    what = f"{cuts:,} cuts, {cuts * ENTRIES_A_CUT:,} entries at {SPEED:.0f} times the speed"
    found = f"{ledger.missing} missing, {ledger.twice} twice, {ledger.out_of_order} misplaced"
    good = not (ledger.missing or ledger.twice or ledger.out_of_order or ledger.marked)
    yield Row(
        f"{what}: entries", found, "0 of each", good, f"first {ledger.first_missing()}" if ledger.missing else "-"
    )
    marked = ", ".join(f"{count} {reason}" for reason, count in ledger.marked.items()) or "none"
    yield Row("chaos: marked as lost; tails opened", f"{marked}; {opened:,}", "none", not ledger.marked)


async def _run(at: EmulatorAddress, cuts: int) -> tuple[Ledger, int]:
    """The final ledger, and how often a tail was opened."""
    clock, ledger = FastClock(SPEED), Ledger(cuts * ENTRIES_A_CUT)
    row = at.service(SERVICE)
    clients = emulator_clients(at.grpc)
    logs = CloudLogs(clients, UNLIMITED, Scrubber(), BUFFER_WINDOW / SPEED)
    log = ProjectLog(row["project"], logs, ledger, clock, UnlimitedReads(clock), CredentialsGate(), _jitter)
    tail = ProjectTail(log)
    tail.set_query(TailQuery((ServiceKey(row["project"], row["region"], SERVICE),)))
    running = asyncio.create_task(tail.run())
    try:
        # Everything before the first page counts as unread until that page is read.
        await asyncio.sleep(_SETTLE_S)
        await _write_and_cut(at, clock, ledger, cuts)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ARRIVES_WITHIN_S):
                await ledger.holds(cuts * ENTRIES_A_CUT)
        ledger.look_at_order()
    finally:
        running.cancel()
        await asyncio.wait([running])
        await clients.aclose()
    calls: Counter[str] = Counter(at.world()["calls"])
    return ledger, sum(count for method, count in calls.items() if method.endswith("/TailLogEntries"))


async def _write_and_cut(at: EmulatorAddress, clock: FastClock, ledger: Ledger, cuts: int) -> None:
    """Writes at an even pace and disturbs the stream once in every thousand entries.

    Every fourth time the stream may still be recovering from the previous disturbance.
    """
    dice = random.Random(_SEED)
    request = request_for(at.service(SERVICE))
    async with grpc.aio.insecure_channel(at.grpc) as channel:
        write: Any = channel.unary_unary(WRITE_METHOD, type(request).SerializeToString, bytes)
        for cut in range(cuts):
            if cut % 4:
                async with asyncio.timeout(_ARRIVES_WITHIN_S):
                    await ledger.holds(cut * ENTRIES_A_CUT)
            mute = cut % _MUTE_EVERY == _MUTE_AT
            pause_s = _BATCH / (PER_S_MUTE if mute else PER_S)
            harmed_at = dice.randrange(ENTRIES_A_CUT // _BATCH)
            for batch in range(ENTRIES_A_CUT // _BATCH):
                begun = time.monotonic()
                if batch == (0 if mute else harmed_at):
                    await asyncio.to_thread(_harm, at, cut, mute)
                _fill(request, cut * ENTRIES_A_CUT + batch * _BATCH, clock)
                await write(request, timeout=60)
                await asyncio.sleep(max(0.0, begun + pause_s - time.monotonic()))


def _harm(at: EmulatorAddress, cut: int, mute: bool) -> None:
    if mute:
        at.switch("mute-tails")
    else:
        at.switch("cut-tails", status=_ENDINGS[cut % len(_ENDINGS)])


def _fill(request: Any, first: int, clock: FastClock) -> None:
    """The next entries; some are late, but only as late as the overlap of reads allows."""
    del request.entries[:]
    for number in range(first, first + _BATCH):
        now = clock.now() - (_LATE if number % _LATE_EVERY == 0 else timedelta())
        entry = request.entries.add()
        entry.timestamp.FromDatetime(now)
        entry.insert_id = f"{number:09d}"
        entry.json_payload["message"] = f"entry {number} passes"


def _jitter() -> float:
    return random.uniform(0.8, 1.2)
