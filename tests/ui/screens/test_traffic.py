"""The dialog of a split by hand, scaling and restarting: what keys make of the form, and the plans that come out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.planning.request import ShiftRequest
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.forms.traffic import TrafficForm, pasted, pressed, shift_of, traffic_form
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.releases.traffic_form import traffic_foot, traffic_rows
from tests.ui.plans import facts
from tests.ui.running_console import running_console
from tests.ui.shop import NOW, ago, revision, shop

NAMES = ("orders-api-00042", "orders-api-00041", "orders-api-00040")


def _form() -> TrafficForm:
    of = facts()
    desired = (*of.service.desired, Target("orders-api-00039", 0, "debug"), Target("", 0, "new"))
    return traffic_form(replace(of.service, desired=desired), of.revisions, NOW)


def _keys(form: TrafficForm, *keys: str) -> TrafficForm:
    for key in keys:
        form = pressed(form, key, key if len(key) == 1 else None) or form
    return form


def _percents(form: TrafficForm) -> list[int]:
    return [row.percent for row in form.rows]


def test_lists_what_serves_what_has_a_tag_and_what_could_serve() -> None:
    form = _form()
    rows = [(row.revision[-5:], row.percent, row.tags, row.note) for row in form.rows]
    assert rows == [
        ("00042", 100, ("new",), "6m"),
        ("00039", 0, ("debug",), "not Ready"),
        ("00041", 0, (), "3d"),
        ("00040", 0, (), "9d"),
    ]
    assert shift_of(form) == ShiftRequest()


def test_shares_go_up_and_down_within_bounds() -> None:
    form = _keys(_form(), "plus", "left", "minus", "j", "minus", "j", "right")
    assert _percents(form) == [90, 0, 5, 0]


def test_a_row_takes_the_rest() -> None:
    form = _keys(_form(), "left", "j", "j", "equals_sign")
    assert _percents(form) == [95, 0, 5, 0]
    assert shift_of(form) == ShiftRequest(((NAMES[0], 95), (NAMES[1], 5)))


def test_a_share_is_typed() -> None:
    form = _keys(_form(), "3", "0", "enter", "j", "j", "enter", "ctrl+u", "7", "0", "tab")
    assert _percents(form) == [30, 0, 70, 0]
    assert _keys(form, "x").sum == 30


@pytest.mark.parametrize("typed", [("1", "0", "1"), ("1", "."), ("1", "-")])
def test_what_is_no_share_is_said(typed: tuple[str, ...]) -> None:
    form = _keys(_form(), *typed, "enter")
    assert form.error == "Enter a whole number from 0 to 100."
    assert _percents(_keys(form, "escape")) == [100, 0, 0, 0]


def test_no_split_is_asked_for_unless_it_sums_to_100() -> None:
    form = _keys(_form(), "left")
    answer = shift_of(form)
    assert isinstance(answer, str)
    assert "add up to 95 %" in answer
    foot = "\n".join(map(plain, traffic_foot(form, "T", 76)))
    assert "sum 95 %   5 % left over" in foot
    assert "10 % too much" in "\n".join(map(plain, traffic_foot(_keys(_form(), "j", "right", "right"), "T", 76)))


def test_tags_are_given_moved_and_taken_away_without_moving_traffic() -> None:
    form = _keys(_form(), "t", "ctrl+u", "enter", "j", "j", "t")
    form = _keys(pasted(form, "debug,\n next"), "enter")
    assert [row.tags for row in form.rows] == [(), (), ("debug", "next"), ()]
    assert shift_of(form) == ShiftRequest((), (("debug", NAMES[1]), ("next", NAMES[1])), ("new",))


def test_the_last_row_shows_the_plan_and_has_no_share() -> None:
    form = _keys(_form(), "k")
    assert form.row is None
    assert pressed(form, "left", None) is None
    assert "▸  show the plan" in plain(traffic_rows(form, "orders-api", 76)[-1])


def _split_shop() -> ConsoleState:
    state = shop()
    service = state.services[CHECKOUT]
    revisions = (revision(CHECKOUT, 65, ago(hours=2), "ci@shop"), revision(CHECKOUT, 64, ago(days=3), "ci@shop"))
    return replace(state, services={CHECKOUT: service}, revisions={CHECKOUT: revisions})


CHECKOUT = ServiceKey("shop-prod", "us-central1", "checkout")


async def test_from_the_key_to_a_release() -> None:
    async with running_console(_split_shop()) as console:
        await console.press("T", "left", "left", "j", "=")
        assert "sum 100 %" in console.text
        await console.press("T")
        console.clock.advance(1)
        await console.press("y")
        [approval] = console.session.released
        assert approval.plan.kind is ReleaseKind.SHIFT
        assert {(line.revision[-5:], line.percent) for line in approval.plan.after} == {("00064", 80), ("00065", 20)}


async def test_a_sum_that_is_no_split_makes_no_plan() -> None:
    async with running_console(_split_shop()) as console:
        await console.press("T", "left", "T")
        assert "The shares add up to 95 %, not 100" in console.text
        await console.press("esc")
        assert "Nothing was changed." in console.text


async def _command(desk_text: str, *, state: ConsoleState | None = None) -> str:
    async with running_console(state) as console:
        await console.press(":")
        await console.type(desk_text)
        await console.press("enter")
        return console.text


async def test_scale_by_command() -> None:
    text = await _command("scale 2 10")
    assert " minimum           0  →  2" in text
    assert " maximum          40  →  10" in text
    assert " maximum          40  →  not set" in await _command("scale - 0")


@pytest.mark.parametrize("typed", ["scale", "scale a 1", "scale 1 2 3", "scale 1000000"])
async def test_scale_says_how_it_is_typed(typed: str) -> None:
    assert "Usage: :scale MIN MAX" in await _command(typed)


async def test_restart_by_command_keeps_the_image() -> None:
    text = await _command("restart")
    assert "┌ Restart ─" in text
    assert "image:" not in text


async def test_scale_by_palette_begins_the_command() -> None:
    async with running_console() as console:
        await console.press("ctrl-p")
        await console.type("scale")
        await console.press("enter")
        assert ":scale" in console.lines[-1]
