"""The only place where approvals are made. Without an approval nothing is written."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason
from cfconsole.session.settings import why_read_only


def approve(
    plan: Plan, guard: GuardLevel, *, read_only: bool, typed: str, at: datetime, how: str = ""
) -> Approval | Refusal:
    """Checks what the operator did against the guard of the context.

    `typed` is what was typed or given with `--confirm`. The name of a revision counts as that of its service, which it
    contains. `how` is recorded in place of the guard's name, e.g. `--yes`.
    """
    if read_only:
        purpose = "delete revisions" if plan.kind is ReleaseKind.DELETE else "change traffic"
        return Refusal(RefusalReason.READ_ONLY, why_read_only(purpose))
    if plan.must_name and typed != plan.must_name:
        sentence = f"{plan.must_name} failed or was just rolled back; type its name to serve it anyway"
        return Refusal(RefusalReason.MUST_NAME, sentence, (plan.must_name,))
    match guard:
        case GuardLevel.NONE | GuardLevel.CONFIRM:
            return Approval(plan, how or guard.value, at)
        case GuardLevel.TYPE_NAME:
            if typed in (plan.service.name, plan.must_name or plan.service.name):
                return Approval(plan, how or guard.value, at)
            sentence = f"This context is guarded; type the service's name, {plan.service.name}, to approve"
            return Refusal(RefusalReason.NOT_APPROVED, sentence, (plan.service.name,))
        case _:
            assert_never(guard)
