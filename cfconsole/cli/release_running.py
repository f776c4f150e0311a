"""Has a release in steps carried out by a process of its own, and follows it as long as this command lives."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from cfconsole.cli.change_outcome import Detached, Failure
from cfconsole.cli.exits import Exit
from cfconsole.cli.headless import Desk, exit_for
from cfconsole.cli.output import note
from cfconsole.cli.release_following import follow
from cfconsole.cli.runner_start import RunnerStart
from cfconsole.cli.runners import RunnerPlace
from cfconsole.cli.wiring import actor, config_file, journal_file
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.release_steps import OnDisconnect, Policy
from cfconsole.domain.releases import Approval, Plan, Release
from cfconsole.domain.run_order import RunOrder
from cfconsole.session.releasing import new_release
from cfconsole.store.attending import Attending

if TYPE_CHECKING:
    from cfconsole.session.ports import SharedJournalPort

_WITHOUT_US = {
    OnDisconnect.FINISH: "goes on without this terminal",
    OnDisconnect.HOLD: "finishes its step without this terminal, and then waits until somebody looks on",
    OnDisconnect.RESTORE: "puts back what served before, for nobody looks on any more",
}


async def run_new(
    desk: Desk, journal: SharedJournalPort, approval: Approval, values: tuple[tuple[str, str], ...], *, wait: bool
) -> Release | Detached | Failure:
    """How a release that was approved just now ended, or that it goes on."""
    release = new_release(approval, actor(os.environ), desk.clock.now())
    return await run_order(desk, journal, RunOrder(release, approval.how, values), wait=wait)


async def run_order(
    desk: Desk, journal: SharedJournalPort, order: RunOrder, *, wait: bool
) -> Release | Detached | Failure:
    """The same for any order."""
    place = runner_place(desk)
    attending = Attending(place.folder)
    plan = order.release.plan
    policy = plan.policy or Policy()
    if wait and policy.on_disconnect is not OnDisconnect.FINISH:
        # Where it does not matter a command does not count as an onlooker: nobody could ask it anything.
        attending.look_on(order.release.id)
    try:
        await RunnerStart(place).launch(order)
        return await _followed(desk, journal, order, wait=wait)
    except CloudError as error:
        return Failure(error.sentence, exit_for(error))
    except JournalError as error:
        goes_on = f"release {order.release.id} can't be followed, and goes on by itself"
        return Failure(f"{goes_on}: {str(error).rstrip('.')}", Exit.UNKNOWN)
    except asyncio.CancelledError:
        note(farewell(plan, order.release.id, policy.on_disconnect))
        raise
    finally:
        attending.close()


def runner_place(desk: Desk) -> RunnerPlace:
    """Where runners of this command find what they need."""
    return RunnerPlace(journal_file(desk.scope), lambda: desk.scope.emulator, config_file(desk.config))


def farewell(plan: Plan, release_id: str, on_disconnect: OnDisconnect) -> str:
    """What becomes of a release that is not followed any more, and what can be done about it."""
    return (
        f"{plan.service}: release {release_id} {_WITHOUT_US[on_disconnect]}; `cfconsole releases show {release_id}`"
        f" tells how it goes, `cfconsole releases abort {release_id}` puts back what served before."
    )


async def _followed(
    desk: Desk, journal: SharedJournalPort, order: RunOrder, *, wait: bool
) -> Release | Detached | Failure:
    def say(sentence: str) -> None:
        note(f"{order.release.plan.service}: {sentence}")

    if wait:
        say(f"release {order.release.id} runs in a process of its own; ctrl-c leaves it running")
        release = await follow(journal, desk.clock, order.release.id, say, told=len(order.release.events))
    else:
        release = await journal.release(order.release.id)
    assert release is not None, "a runner that has begun has its release in the journal"
    return release if wait else Detached(release)
