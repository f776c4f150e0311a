"""Deletions of revisions: what is refused before a request is sent, and how requests end."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind, JournalError
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning.request import DeleteRevisionRequest, RollbackRequest
from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.releases.plan_facts import busy_refusal
from tests.session.open_session import SETTINGS, OpenSession, open_session
from tests.session.scripted import error
from tests.session.shop import ORDERS, revision_name

OLD = revision_name(ORDERS, 40)


def _deletion(session: ConsoleSession, name: str = "00040") -> Plan:
    found = session.changes.plan(ORDERS, DeleteRevisionRequest(name))
    assert isinstance(found, Plan), found
    return found


async def _selected(at: OpenSession) -> None:
    at.session.select([ORDERS])
    await at.clock.advance(2)


def _approved(session: ConsoleSession, deletion: Plan) -> Approval:
    approval = session.changes.approve(deletion)
    assert isinstance(approval, Approval), approval
    return approval


async def _deleted(at: OpenSession, deletion: Plan, typed: str = "") -> Refusal | None:
    approval = at.session.changes.approve(deletion, typed=typed)
    if isinstance(approval, Refusal):
        return approval
    task = asyncio.create_task(at.session.changes.delete_revision(approval))
    while not task.done():
        await at.clock.advance(1)
    return await task


async def test_an_old_revision_is_deleted_and_gone_from_the_screen() -> None:
    async with open_session() as at:
        await _selected(at)
        deletion = _deletion(at.session)
        assert (deletion.kind, deletion.service, deletion.bad) == (ReleaseKind.DELETE, ORDERS, OLD)
        assert at.session.changes.guard(deletion) is GuardLevel.CONFIRM
        assert await _deleted(at, deletion) is None
        assert at.fake.deleted == [OLD]
        assert OLD not in [revision.name for revision in at.session.state.revisions[ORDERS]]


async def test_the_rules_of_the_cloud_are_refusals_before_any_request() -> None:
    async with open_session() as at:
        await _selected(at)
        serving = at.session.changes.plan(ORDERS, DeleteRevisionRequest("00042"))
        assert isinstance(serving, Refusal)
        assert "00042 serves" in serving.sentence
        unknown = at.session.changes.plan(ORDERS, DeleteRevisionRequest("00007"))
        assert isinstance(unknown, Refusal)


async def test_a_revision_that_got_a_tag_meanwhile_is_left_alone() -> None:
    async with open_session() as at:
        await _selected(at)
        deletion = _deletion(at.session)
        service = at.fake.services[ORDERS]
        at.fake.change(replace(service, desired=(*service.desired, Target(OLD, 0, "kept"))))
        refusal = await _deleted(at, deletion)
        assert refusal
        assert "by the tag kept" in refusal.sentence
        assert at.fake.deleted == []


async def test_a_guarded_context_wants_the_name_of_the_service() -> None:
    async with open_session(replace(SETTINGS, guards={ReleaseKind.DELETE: GuardLevel.TYPE_NAME})) as at:
        await _selected(at)
        deletion = _deletion(at.session)
        refusal = await _deleted(at, deletion, "yes")
        assert refusal
        assert refusal.reason is RefusalReason.NOT_APPROVED
        assert at.fake.calls["delete_revision"] == 0
        assert await _deleted(at, deletion, ORDERS.name) is None


async def test_a_console_that_may_only_look_deletes_nothing() -> None:
    async with open_session(replace(SETTINGS, read_only=True)) as at:
        await _selected(at)
        refusal = await _deleted(at, _deletion(at.session))
        assert refusal
        assert refusal.reason is RefusalReason.READ_ONLY
        assert refusal.sentence == "This console is read-only; start it without --read-only to delete revisions"
        assert at.fake.deleted == []


async def test_a_refusal_of_the_cloud_is_reported() -> None:
    async with open_session() as at:
        await _selected(at)
        at.fake.fail["delete_revision"] = error(ErrorKind.DENIED)
        refusal = await _deleted(at, _deletion(at.session))
        assert refusal
        assert refusal.sentence.startswith("00040 was not deleted: ")


async def test_an_operation_that_fails_says_why() -> None:
    async with open_session() as at:
        await _selected(at)
        at.fake.operation_error = "the revision is in use"
        refusal = await _deleted(at, _deletion(at.session))
        assert refusal
        assert refusal.sentence == "00040 was not deleted: the revision is in use"


async def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice() -> None:
    async with open_session() as at:
        await _selected(at)
        at.fake.fail["delete_revision"] = error(ErrorKind.TIMEOUT)
        deletion = _deletion(at.session)
        refusal = await _deleted(at, deletion)
        assert refusal
        assert "It is not known whether 00040 was deleted" in refusal.sentence
        assert at.fake.calls["delete_revision"] == 1

        at.fake.calls.clear()
        task = asyncio.create_task(at.session.changes.delete_revision(_approved(at.session, deletion)))
        await at.clock.advance(2)
        at.fake.revisions[ORDERS] = tuple(one for one in at.fake.revisions[ORDERS] if one.name != OLD)
        await at.clock.advance(2)
        assert await task is None
        assert at.fake.calls["delete_revision"] == 1


async def test_a_deletion_is_recorded_before_and_after_and_blocks_no_rollback() -> None:
    async with open_session() as at:
        await _selected(at)
        assert await _deleted(at, _deletion(at.session)) is None
        (recorded,) = at.journal.recorded.values()
        assert (recorded.plan.kind, recorded.state, recorded.plan.bad) == (
            ReleaseKind.DELETE,
            ReleaseState.SUCCEEDED,
            OLD,
        )
        assert [event.sentence for event in recorded.events] == ["deleting 00040", "the revision is gone"]
        assert at.journal.order.index("begin") < at.journal.order.index("finish")
        (on_screen, *_) = at.session.state.releases
        assert on_screen.id == recorded.id
        open_release = replace(recorded, state=ReleaseState.RUNNING, ended_at=None)
        assert busy_refusal(replace(at.session.state, releases=(open_release,)), ORDERS) is None


async def test_without_a_record_nothing_is_deleted() -> None:
    async with open_session() as at:
        await _selected(at)
        deletion = _deletion(at.session)
        at.journal.fail["begin"] = JournalError("The disk is full.")
        refusal = await _deleted(at, deletion)
        assert refusal
        assert (refusal.reason, refusal.sentence) == (
            RefusalReason.JOURNAL,
            "00040 was not deleted: The disk is full.",
        )
        assert at.fake.deleted == []


async def test_a_deletion_that_failed_says_so_in_its_record() -> None:
    async with open_session() as at:
        await _selected(at)
        deletion = _deletion(at.session)
        at.fake.fail["delete_revision"] = error(ErrorKind.DENIED, "You may not delete.")
        assert await _deleted(at, deletion)
        (recorded,) = at.journal.recorded.values()
        assert (recorded.state, recorded.outcome) == (ReleaseState.FAILED, "00040 was not deleted: You may not delete.")


async def test_a_release_that_began_meanwhile_keeps_a_deletion_that_was_approved() -> None:
    async with open_session() as at:
        await _selected(at)
        approval = _approved(at.session, _deletion(at.session))
        request = RollbackRequest()
        rollback = at.session.changes.plan(ORDERS, request)
        assert isinstance(rollback, Plan)
        at.session.changes.release(_approved(at.session, rollback), request)
        refusal = await at.session.changes.delete_revision(approval)
        assert refusal
        assert refusal.reason is RefusalReason.BUSY
        assert at.fake.deleted == []


async def test_a_service_that_cannot_be_read_afresh_keeps_its_revision() -> None:
    async with open_session() as at:
        await _selected(at)
        deletion = _deletion(at.session)
        at.fake.fail["get_service"] = error(ErrorKind.UNAVAILABLE, "The network is down.")
        refusal = await _deleted(at, deletion)
        assert refusal
        assert refusal.sentence == "00040 was not deleted: The network is down."
        assert at.fake.deleted == []
