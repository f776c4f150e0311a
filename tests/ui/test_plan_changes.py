"""What a fresh read has changed in a plan."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Share
from cfconsole.ui.present.releases.plan import plan_changes
from tests.ui.scripted import rollback_plan


def test_changes_of_a_plan_are_named() -> None:
    plan = rollback_plan()
    assert plan_changes(plan, plan) == ()
    assert "the service was changed" in plan_changes(plan, replace(plan, generation=43))[0]
    split = (Share("orders-api-00042", 50), Share("orders-api-00041", 50))
    assert plan_changes(plan, replace(plan, before=split))[0].startswith("before is now 00042 50 %, 00041 50 %")
    assert plan_changes(plan, replace(plan, warnings=("Mind the gap.",))) == ("new: Mind the gap.",)
