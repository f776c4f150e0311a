"""What a planner answered, taken apart."""

from __future__ import annotations

from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason


def planned(result: Plan | Refusal) -> Plan:
    assert isinstance(result, Plan), result
    return result


def refused(result: Plan | Refusal, reason: RefusalReason = RefusalReason.INVALID) -> str:
    assert isinstance(result, Refusal), result
    assert result.reason is reason
    return result.sentence
