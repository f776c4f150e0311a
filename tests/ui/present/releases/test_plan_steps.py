"""The dialog of plans in steps and of scaling: it shows everything the operator agrees to."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.steps import Strategy
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.releases.plan import plan_changes, plan_lines
from tests.ui.plans import deploy_plan, facts, planned
from tests.ui.running_console import running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import shop


def _text(plan: Plan, width: int = 94) -> str:
    return "\n".join(plain(row).rstrip() for row in plan_lines(plan, width))


def test_a_canary_shows_each_step_with_its_share_and_its_bake() -> None:
    text = _text(deploy_plan())
    assert " 1 create without traffic      0 %             until it is Ready" in text
    assert " 2 canary 5 %                  5 % ▌           watch 2 min" in text
    assert " 5 canary 100 %              100 % ██████████  watch 2 min" in text
    assert "(new), latest    0 %             →  100 % ██████████" in text


def test_shows_field_masks_and_differences_without_values() -> None:
    text = _text(deploy_plan())
    assert "writes   template, traffic in step 1, then traffic alone" in text
    assert "image: orders-api@000000000000 → orders-api:ok-43" in text
    assert "env API_KEY: - → set" in text
    assert "s3cret" not in text


def test_shows_guard_and_undo_and_what_stays_if_the_host_dies() -> None:
    text = _text(deploy_plan())
    assert "continues only when Healthy: at most 1 % 5xx" in text
    assert "Z restores 00042 100 %; A does so while the release is under way" in text
    assert "if this host dies, traffic stays as it is at that moment, e.g. at canary 5 %" in text


def test_blue_green_names_its_probe_and_its_tag() -> None:
    text = _text(deploy_plan(Strategy.BLUE_GREEN))
    assert "probe    /health, then / before step 3, 30 s after it is Ready; passes" in text
    assert "tag      green: its own URL" in text
    assert "after a probe, watch 2 min" in text


def test_all_at_once_is_one_write() -> None:
    text = _text(deploy_plan(Strategy.ALL_AT_ONCE))
    assert " 1 all at once               100 % ██████████  watch 2 min\n" in text
    assert "writes   template, traffic\n" in text
    assert "restores traffic if Unhealthy" in text
    assert "A does so" not in text


def test_instances_stand_instead_of_traffic() -> None:
    text = _text(planned(plan_scale(facts(), minimum=2, maximum=10)))
    assert " minimum           0  →  2" in text
    assert " maximum          40  →  10" in text
    assert "scaling.min_instance_count, scaling.max_instance_count; traffic stays" in text
    assert "Z restores min 0, max 40" in text
    assert "REVISION" not in text


def test_fits_the_narrow_screen() -> None:
    for row in plan_lines(deploy_plan(Strategy.BLUE_GREEN), 74):
        assert len(plain(row).rstrip()) <= 74


def test_other_steps_or_instances_in_fresh_data_are_shown() -> None:
    shown = deploy_plan()
    fewer = replace(shown, steps=shown.steps[:-1])
    assert plan_changes(shown, fewer) == ("the steps have changed; review them again",)
    scaled = planned(plan_scale(facts(), minimum=2))
    fresh = replace(scaled, scaling_before=scaled.scaling)
    assert plan_changes(scaled, fresh) == ("instances before is now min 2, max 40, not min 0, max 40",)
    assert plan_changes(shown, shown) == ()


async def test_the_question_stays_in_sight_on_a_small_screen_while_the_plan_scrolls() -> None:
    session = ScriptedSession(shop())
    session.plans[ReleaseKind.ROLLBACK] = deploy_plan()
    async with running_console(size=(80, 24), session=session) as console:
        await console.press("R")
        console.clock.advance(1)
        assert "yes, do it" in console.text
        assert "if this host dies" not in console.text
        await console.press("pagedown", "pagedown")
        assert "if this host dies" in console.text
        assert "yes, do it" in console.text
        await console.press("k", "pageup", "pageup")
        assert "shop-prod/us-central1/orders-api" in console.text
