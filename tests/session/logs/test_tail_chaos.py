"""A thousand breaks of the tail, of every kind, while entries arrive: each is there once, in order, or marked missing.

Repeatable by its seed: `CFCONSOLE_CHAOS_SEED` sets another.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import count

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import GapReason, LogEntry, Severity, Suppression
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.logs.tail_policy import TailMode
from tests.session.logs.bare_tail import BareTail, bare_tail
from tests.session.scripted import error
from tests.session.shop import BILLING, ORDERS

SEED = int(os.environ.get("CFCONSOLE_CHAOS_SEED", "1"))
CUTS = 1000
LATEST_S = 8.0
"""Later than the overlap of two reads an entry that comes during one of many breaks may not be."""
ENDS = (ErrorKind.ENDED, ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.TIMEOUT)
MISSING = (GapReason.DISCONNECTED, GapReason.NOT_READ)


class Chaos:
    """Writes entries to a server and breaks its tails at random."""

    def __init__(
        self, bare: BareTail, seed: int, keys: tuple[ServiceKey, ...] = (ORDERS,), latest_s: float = LATEST_S
    ) -> None:
        """Entries arrive up to `latest_s` after they were written."""
        self.bare = bare
        self.dice = random.Random(seed)
        self.keys = keys
        self.latest_s = latest_s
        self.written: list[LogEntry] = []
        self.withheld: set[tuple[str, int, str]] = set()
        """What the server says that it left out."""
        self.withheld_count = 0
        self._numbers: Iterator[int] = count()

    def entry(self) -> LogEntry:
        late_s = self.dice.uniform(0, self.latest_s) if self.dice.random() < 0.1 else self.dice.uniform(0, 0.5)
        number = next(self._numbers)
        key = self.dice.choice(self.keys)
        log = self.dice.choice(("run.googleapis.com/stdout", "run.googleapis.com/stderr"))
        # Few digits, so that many entries are of the same moment.
        at = (to_ns(self.bare.clock.now()) - int(late_s * NS)) // 10**7 * 10**7
        return LogEntry(
            at,
            f"{self.dice.randrange(10**6)}-{number}",
            Severity.INFO,
            log,
            key.project,
            key.region,
            key.name,
            "r",
            f"{number}",
        )

    def write(self, most: int) -> None:
        """Writes some entries; now and then a response is sent twice, or leaves some out and says so."""
        server, dice = self.bare.server, self.dice
        entries = sorted((self.entry() for _ in range(dice.randint(1, most))), key=lambda entry: entry.order)
        self.written += entries
        server.keep(*entries)
        left_out = entries[: dice.randint(1, len(entries))] if dice.random() < 0.02 else []
        sent = tuple(entries[len(left_out) :])
        suppressed = (Suppression(GapReason.RATE_LIMIT, len(left_out)),) if left_out else ()
        for tail in server.tails:
            if not tail.stalled:
                self.withheld |= {entry.identity for entry in left_out}
                self.withheld_count += len(left_out)
            for _ in range(2 if dice.random() < 0.1 else 1):
                tail.send(sent, suppressed)
                suppressed = ()

    async def pass_time(self, rounds: int, most: int = 60) -> None:
        for _ in range(rounds):
            self.write(most)
            await self.bare.clock.advance(self.dice.choice((0.0, 0.1, 0.4, 2.0)))

    async def harm(self, page_errors: int) -> None:
        """Breaks the tail in one of the ways in which tails break."""
        server, dice = self.bare.server, self.dice
        kinds = (ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT, ErrorKind.QUOTA)
        server.page_errors = [error(dice.choice(kinds)) for _ in range(dice.randint(0, page_errors))]
        match dice.randrange(12):
            case 0:
                for tail in server.tails:
                    tail.stalled = True
                await self.bare.clock.advance(dice.uniform(0, 130))
            case 1:
                server.others = 10
                self.end_all(ErrorKind.UNAVAILABLE)
                await self.pass_time(3)
                await self.bare.clock.advance(dice.uniform(0, 70))
                server.others = 0
            case 2:
                self.bare.tail.retry()
            case _:
                self.end_all(dice.choice(ENDS))

    def end_all(self, kind: ErrorKind) -> None:
        for tail in self.bare.server.tails:
            tail.end(kind)

    async def settle(self) -> None:
        """Waits without further breaks until all stalled streams have been detected."""
        self.bare.server.page_errors.clear()
        await self.bare.clock.advance(1300)

    def lost(self) -> list[LogEntry]:
        """Entries that were written, not reported as left out, and did not arrive."""
        arrived = {entry.identity for entry in self.bare.ledger.entries}
        return [
            entry for entry in self.written if entry.identity not in arrived and entry.identity not in self.withheld
        ]

    def unmarked(self) -> list[LogEntry]:
        """Lost entries that no gap marks."""
        gaps = [gap for gap in self.bare.ledger.gaps if gap.reason in MISSING]
        return [
            entry
            for entry in self.lost()
            if not any(
                gap.from_ns <= entry.timestamp_ns <= gap.to_ns
                and (not gap.services or ServiceKey(entry.project, entry.region, entry.service) in gap.services)
                for gap in gaps
            )
        ]

    def check_order(self) -> None:
        """Checks that each entry is there once, in order, and was written."""
        entries = self.bare.ledger.entries
        assert [entry.order for entry in entries] == sorted(entry.order for entry in entries)
        identities = [entry.identity for entry in entries]
        assert len(set(identities)) == len(identities)
        assert set(identities) <= {entry.identity for entry in self.written}

    def check_declared(self) -> None:
        declared = sum(gap.at_least for gap in self.bare.ledger.gaps if gap.reason is GapReason.RATE_LIMIT)
        assert 0 < declared <= self.withheld_count


async def test_a_thousand_cuts_lose_nothing_that_is_not_marked() -> None:
    async with bare_tail() as bare:
        chaos = Chaos(bare, SEED)
        for _ in range(CUTS):
            await chaos.pass_time(chaos.dice.randint(1, 5))
            await chaos.harm(page_errors=2)
        await chaos.settle()
        assert len(chaos.written) > 80_000
        assert chaos.unmarked() == []
        assert len(chaos.lost()) < len(chaos.written) / 100
        chaos.check_order()
        chaos.check_declared()
        assert {TailMode.LIVE, TailMode.POLLING, TailMode.STARTING} <= bare.ledger.modes
        assert bare.ledger.steps[-1].mode is TailMode.LIVE


async def test_cuts_that_can_be_filled_leave_neither_loss_nor_mark() -> None:
    async with bare_tail() as bare:
        chaos = Chaos(bare, SEED)
        for _ in range(CUTS // 5):
            await chaos.pass_time(chaos.dice.randint(1, 5), most=20)
            chaos.end_all(chaos.dice.choice(ENDS))
            await bare.clock.advance(40)
        await chaos.settle()
        assert chaos.lost() == []
        assert [gap for gap in bare.ledger.gaps if gap.reason in MISSING] == []
        chaos.check_order()


async def test_entries_that_come_late_in_a_break_are_read_once_it_is_over_for_a_while() -> None:
    async with bare_tail() as bare:
        chaos = Chaos(bare, SEED, latest_s=25.0)
        for _ in range(CUTS // 10):
            await chaos.pass_time(chaos.dice.randint(1, 5), most=20)
            chaos.end_all(chaos.dice.choice(ENDS))
            chaos.write(most=20)
            await bare.clock.advance(80)
        assert chaos.lost() == []
        assert [gap for gap in bare.ledger.gaps if gap.reason in MISSING] == []
        chaos.check_order()


async def test_late_entries_are_found_though_break_follows_break() -> None:
    async with bare_tail() as bare:
        chaos = Chaos(bare, SEED, latest_s=25.0)
        for _ in range(CUTS // 10):
            await chaos.pass_time(2, most=20)
            chaos.end_all(chaos.dice.choice(ENDS))
            chaos.write(most=20)
            await bare.clock.advance(chaos.dice.uniform(2, 25))
        recently = to_ns(bare.clock.now()) - 90 * NS
        assert [entry for entry in chaos.lost() if entry.timestamp_ns < recently] == []
        await bare.clock.advance(80)
        assert chaos.lost() == []
        assert [gap for gap in bare.ledger.gaps if gap.reason in MISSING] == []
        chaos.check_order()


async def test_breaks_that_can_not_be_read_back_and_turning_to_others_are_marked_too() -> None:
    keys = (ORDERS, BILLING)
    async with bare_tail(*keys) as bare:
        chaos = Chaos(bare, SEED, keys)
        for _ in range(CUTS // 5):
            await chaos.pass_time(chaos.dice.randint(1, 5), most=400)
            await chaos.harm(page_errors=8)
            bare.select(*chaos.dice.choice((keys, keys, keys[:1], keys[1:])))
        bare.server.page_errors.clear()
        bare.select(*keys)
        await chaos.settle()
        assert chaos.unmarked() == []
        assert 0 < len(chaos.lost()) < len(chaos.written) / 2
        chaos.check_order()
