"""Who gets the news of a release, and what happens if that fails."""

from __future__ import annotations

import asyncio

import pytest

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.notices import Notice
from cfconsole.session.ports import NotifyPort
from cfconsole.session.releases.announcer import Announcer
from tests.builders import release
from tests.session.manual_clock import ManualClock
from tests.session.releases.mortal_process import FastClock
from tests.session.scripted import FakeCloud, error


async def test_a_release_that_could_not_be_published_is_published_with_the_next() -> None:
    fake = FakeCloud(ManualClock())
    announcer = Announcer(fake.cloud, fake.clock)
    fake.fail_next["history_write"] = [error(ErrorKind.UNAVAILABLE)]
    await announcer.publish(release(id="r-1", state=ReleaseState.RUNNING))
    assert fake.published == []
    await announcer.publish(release(id="r-2"))
    assert [(one.id, one.state) for one in fake.published] == [("r-1", "running"), ("r-2", "succeeded")]
    await announcer.publish(release(id="r-3"))
    assert len(fake.published) == 3, "each once"


@pytest.mark.parametrize("state", ReleaseState)
async def test_the_on_call_is_notified_of_an_end_that_needs_attention(state: ReleaseState) -> None:
    fake = FakeCloud(ManualClock())
    assert await Announcer(fake.cloud, fake.clock).page(release(state=state)) == ""
    needs = {ReleaseState.FAILED, ReleaseState.ROLLED_BACK, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN}
    assert [notice.state for notice in fake.notices] == ([state] if state in needs else [])


class SilentNotify(NotifyPort):
    """Takes a notice and never answers."""

    async def send(self, notice: Notice) -> None:
        await asyncio.Event().wait()


async def test_a_webhook_that_never_answers_is_not_waited_for() -> None:
    clock = FastClock()
    cloud = FakeCloud(clock).cloud._replace(notify=SilentNotify())
    ended = await Announcer(cloud, clock).announce_end(release(state=ReleaseState.FAILED, outcome="it failed"))
    assert ended.outcome == "it failed. Notification failed: no answer within 5 s"
