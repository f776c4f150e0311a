"""A shop in a process of its own, for commands run by tests: busy services, a cloud that settles at once.

Each test that changes something has a service to itself. Run as a module it serves until its stdin is closed.
"""

from __future__ import annotations

import asyncio
import sys

from cfconsole.emulator.scenarios.scenario import Scenario
from cfconsole.emulator.scenarios.service_spec import PastDeploy, ServiceSpec, SplitTarget
from cfconsole.emulator.scenarios.shop import DAY, EUROPE, HOME, PROJECT
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.world import Delays

REQUESTS_PER_S = 150.0
BUSY, QUIET = 1.0, 0.02


def past(*tags: str) -> tuple[PastDeploy, ...]:
    """A deploy for each image tag, oldest first, numbered from 1."""
    newest = len(tags)
    return tuple(PastDeploy(n, (newest - n + 1) * DAY, tag) for n, tag in enumerate(tags, start=1))


def services() -> list[ServiceSpec]:
    three = past("ok", "ok", "ok")
    return [
        ServiceSpec(HOME, "orders", three, weight=BUSY),
        ServiceSpec(HOME, "twin", three, weight=BUSY),
        ServiceSpec(EUROPE, "twin", three, weight=BUSY),
        ServiceSpec(HOME, "pinned", three, split=(SplitTarget(number=2, percent=100),), weight=BUSY),
        ServiceSpec(
            HOME,
            "split",
            three,
            split=(SplitTarget(number=2, percent=90), SplitTarget(number=3, percent=10, tag="new")),
            weight=0.3,
        ),
        ServiceSpec(HOME, "quiet", three, weight=QUIET),
        ServiceSpec(HOME, "pair", past("ok", "ok"), weight=QUIET),
        ServiceSpec(HOME, "single", past("ok"), weight=QUIET),
        ServiceSpec(HOME, "denied", three, weight=QUIET),
        ServiceSpec(HOME, "unrecorded", three, weight=BUSY),
        ServiceSpec(HOME, "shared", three, weight=BUSY),
        *(
            ServiceSpec(HOME, name, three, weight=QUIET)
            for name in (
                "interrupted",
                "unheard",
                "resized",
                "restarted",
                "canaried",
                "bluegreen",
                "killed",
                "stopped",
                "ended",
            )
        ),
        ServiceSpec(EUROPE, "resize", three, weight=QUIET, runtime="python311", entry_point="r", is_function=True),
    ]


async def serve() -> None:
    scenario = Scenario("cli", PROJECT, (HOME, EUROPE), services(), requests_per_s=REQUESTS_PER_S, history_s=900.0)
    async with running_emulator(scenario, http_port=0, delays=Delays.none()) as emulator:
        sys.stdout.write(f"{emulator.grpc_address} {emulator.http_address}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
