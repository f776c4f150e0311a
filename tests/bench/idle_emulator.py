"""An idle emulator of the shop for measurements: no requests, no story, no quota on tails."""

from __future__ import annotations

import asyncio
import signal
import sys

from cfconsole.emulator.logs.tail import LogLimits
from cfconsole.emulator.server import running_emulator

_ANY = 1_000_000_000


async def serve() -> None:
    """Prints READY like `cfconsole emulator`, and serves until SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    limits = LogLimits(entries_per_minute=_ANY, unread_entries=_ANY)
    async with running_emulator("calm", http_port=0, load=False, log_limits=limits) as emulator:
        sys.stdout.write(f"READY grpc={emulator.grpc_address} http={emulator.http_address}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve())
