"""The command `cfconsole emulator`: READY, real load through the gateway, a clean end."""

from __future__ import annotations

import asyncio
import signal
import sys

import httpx

SERVE = "from cfconsole.emulator.server import EmulatorOptions, run; run(EmulatorOptions(port=0, http_port=0))"


async def test_prints_ready_serves_load_and_stops_on_sigterm() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = (await process.stdout.readline()).decode().split()
    assert ready[0] == "READY"
    http_address = ready[2].removeprefix("http=")
    assert await served_requests(http_address) > 0
    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, errors.decode()) == (0, "")


async def served_requests(http_address: str) -> int:
    """Waits for answered requests of the load and returns their number."""
    async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
        while True:
            world = (await client.get(f"http://{http_address}/admin/world")).json()
            if served := sum(sum(row["served"].values()) for row in world["services"]):
                return int(served)
