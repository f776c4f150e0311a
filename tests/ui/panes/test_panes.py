"""Stories of the main screen: services, alerts, detail, layout."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual import events

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import ServiceKey, Unreachable
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.session.state.console_state import ConsoleState, Feed, FeedStatus
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import rollback_plan
from tests.ui.shop import BILLING, NOW, ORDERS, ago, orders_metrics, shop

AUTH = ServiceKey("shop-prod", "us-central1", "auth")


def _names(console: ConsoleDriver) -> list[str]:
    """The services as listed, top to bottom."""
    rows = [line.split("│")[1] for line in console.lines[3:] if line.startswith("│")]
    return [row[4:].split()[0] for row in rows if row[2:3] in "✖◐●◆■↻"]


def _with_metrics(key: ServiceKey, metrics: ServiceMetrics) -> ConsoleState:
    state = shop()
    return replace(state, metrics={**state.metrics, key: metrics})


async def test_the_worst_service_is_on_top_with_its_figures() -> None:
    async with running_console() as console:
        assert _names(console)[:2] == ["orders-api", "billing"]
        assert console.lines[3].startswith("│  ✖ orders-api       00042           120  12.4%  3.4s   6m │")
        assert "00011     PIN" in console.lines[4]
        assert "00064 90% +1" in console.text


async def test_the_same_name_in_two_regions_can_be_told_apart() -> None:
    async with running_console() as console:
        assert "● catalog europe-…" in console.text
        assert "● catalog us-cent…" in console.text
        assert "● cart             " in console.text


async def test_the_session_starts_after_the_first_frame_with_the_selection() -> None:
    async with running_console() as console:
        assert console.session.started
        assert [*console.session.selected] == [ORDERS]
        await console.press("j")
        assert [*console.session.selected] == [BILLING]
        await console.press("space", "G", "k")
        assert [*console.session.selected][1:] == [BILLING]


async def test_until_a_key_is_pressed_the_cursor_follows_the_worst_service() -> None:
    healthy = replace(_with_metrics(ORDERS, shop().metrics[AUTH]), alerts=())
    async with running_console(healthy) as console:
        assert [*console.session.selected] == [BILLING]
        await console.arrive(shop())
        assert [*console.session.selected] == [ORDERS]
        await console.press("j")
        await console.arrive(healthy)
        assert [*console.session.selected] == [BILLING]


async def test_the_console_opens_on_the_named_service() -> None:
    async with running_console(settings=replace(SETTINGS, open_on="us-central1/auth")) as console:
        assert [*console.session.selected] == [AUTH]


async def test_a_named_service_that_does_not_exist_has_a_note() -> None:
    async with running_console(settings=replace(SETTINGS, open_on="nope")) as console:
        assert "no service nope" in console.text
        assert [*console.session.selected] == [ORDERS]


async def test_a_named_service_in_several_places_has_a_note() -> None:
    async with running_console(settings=replace(SETTINGS, open_on="catalog")) as console:
        assert "catalog exists in 2 places" in console.text
        await console.press("j")
        assert "in 2 places" not in console.text


async def test_the_order_holds_still_while_keys_are_pressed() -> None:
    async with running_console() as console:
        await console.press("j")
        await console.arrive(_with_metrics(AUTH, replace(orders_metrics(), revisions={})))
        assert _names(console)[:3] == ["orders-api", "billing", "auth"]
        await console.wait(5.1)
        assert _names(console)[:3] == ["auth", "orders-api", "billing"]
        assert console.app.main.services.cursor == BILLING


async def test_the_filter_narrows_while_typing_and_esc_shows_all() -> None:
    async with running_console() as console:
        await console.press("/")
        await console.type("cat")
        assert _names(console) == ["catalog", "catalog"]
        assert "2 of 15" in console.lines[1]
        await console.press("enter", "esc")
        assert len(_names(console)) == 15
        await console.press("/")
        await console.type("!a")
        await console.press("esc")
        assert len(_names(console)) == 15


async def test_a_letter_and_its_matches_appear_in_one_frame() -> None:
    async with running_console() as console:
        await console.press("/")
        await console.app.main.on_key(events.Key("b", "b"))
        assert "/b" in console.line_of("Services 3 of")
        assert console.lines[-1].startswith(" /b")


async def test_faults_only() -> None:
    async with running_console() as console:
        await console.press("!")
        assert _names(console) == ["orders-api", "billing"]
        await console.press("!")
        assert len(_names(console)) == 15


async def test_an_alert_leads_to_its_service() -> None:
    async with running_console() as console:
        await console.press("G", "a", "enter")
        assert console.app.main.services.cursor == ORDERS
        assert console.app.main.current.id == "services"


async def test_an_alert_shows_its_value_and_its_suspect() -> None:
    async with running_console() as console:
        assert "▲   5m  orders-api error rate 12.4 % > 1 %  suspect 00042" in console.text
        assert "▲   4m  orders-api latency 3.4 s > 2 s  suspect 00042" in console.text


async def test_the_detail_names_the_suspect_and_the_revisions() -> None:
    async with running_console() as console:
        assert "suspect 00042: 5xx 0.1 % → 12.4 %, 40 s after it took" in console.text
        assert "100% ████████ 12.4%  3.4s   6m  ci@shop" in console.text
        assert "0.1% 180ms   3d  ops@shop" in console.text


async def test_a_release_shows_its_progress_and_its_end() -> None:
    async with running_console() as console:
        events = (ReleaseEvent(NOW, ReleaseState.RUNNING, "asked Cloud Run for 00041 100 %"),)
        release = Release("r-1", rollback_plan(), "ops@shop", ago(seconds=4), ReleaseState.RUNNING, events=events)
        await console.arrive(replace(shop(), releases=(release,)))
        assert "▶ roll back orders-api 00042 → 00041: running · 4s" in console.lines[-2]
        assert "asked Cloud Run for 00041 100 %" in console.lines[3]
        ended = replace(release, state=ReleaseState.SUCCEEDED, ended_at=NOW, outcome="5xx fell to 0.1 %")
        await console.arrive(replace(shop(), releases=(ended,)))
        assert "succeeded" in console.lines[-2]
        assert "5xx fell to 0.1 %" in console.lines[-2]
        await console.wait(11 * 60)
        assert "succeeded" not in console.text


async def test_a_feed_that_cannot_be_read_says_so_and_the_others_work() -> None:
    state = shop()
    denied = CloudError(ErrorKind.DENIED, "Monitoring refuses: grant roles/monitoring.viewer.")
    feeds = {**state.feeds, Feed.METRICS: FeedStatus(error=denied)}
    async with running_console(replace(state, metrics={}, feeds=feeds)) as console:
        assert "! Metrics: Monitoring refuses: grant roles/monitoring.viewer." in console.lines[1]
        assert "?      ?     ?" in console.line_of(" auth ")
        assert "│ metrics ? Monitoring refuses: grant" in console.text


async def test_stale_data_shows_its_age() -> None:
    async with running_console() as console:
        await console.wait(120)
        assert "stale 12:05:41" in console.lines[0]
        assert "2m old" in console.lines[1]


async def test_unread_data_differs_from_absent_data() -> None:
    async with running_console(ConsoleState()) as console:
        assert "starting" in console.lines[0]
        assert "Reading services…" in console.text
        assert "Reading alerts…" in console.text


async def test_an_unreachable_region_is_named() -> None:
    async with running_console(shop(unreachable=True)) as console:
        assert "? asia-east1 The region did not answer in time." in console.text


async def test_the_reason_of_an_unread_place_is_cut_only_where_services_need_the_room() -> None:
    sentence = "Cloud Run can't be reached from here; check the network and the firewall between."
    state = replace(shop(), unreachable=(Unreachable("asia-east1", sentence),))
    async with running_console(state) as console:
        assert "firewall" not in console.text
        await console.press("!")
        assert "│               the network and the firewall between. " in console.text


async def test_panes_become_tabs_on_a_small_terminal() -> None:
    async with running_console(size=(80, 24)) as console:
        assert "Services  Detail  Alerts  Logs" in console.lines[1]
        assert "REVISION" not in console.text
        await console.press("tab")
        assert "suspect 00042" in console.text
        assert "NAME" not in console.text
        await console.press("l")
        assert "ValueError" in console.text


async def test_a_small_terminal_shows_one_sentence() -> None:
    async with running_console(size=(60, 20)) as console:
        assert "Terminal too small: 60 by 20, needs 80 by 24." in console.text
        assert "orders-api" not in console.text
        await console.pilot.resize_terminal(120, 40)
        await console.settle()
        assert "orders-api" in console.text


async def test_zoom_gives_the_screen_to_one_pane() -> None:
    async with running_console() as console:
        await console.press("l", "+")
        assert "NAME" not in console.text
        await console.press("_")
        assert "NAME" in console.text


async def test_the_session_knows_whether_the_log_is_on_the_screen() -> None:
    async with running_console(size=(80, 24)) as console:
        watched = [console.session.logs.is_visible]
        for key in ("l", "tab", "l"):
            await console.press(key)
            watched.append(console.session.logs.is_visible)
        assert watched == [False, True, False, True]


async def test_frames_meet_at_every_size() -> None:
    for size in ((120, 40), (200, 50), (133, 37)):
        async with running_console(size=size) as console:
            alerts = console.line_of("├ Alerts 2")
            assert alerts[size[0] // 2] == "┤"
            assert console.line_of("├ Logs")[size[0] // 2] == "┴"
            assert console.lines[-2][0] + console.lines[-2][-1] == "└┘"


async def test_at_most_fifteen_widgets() -> None:
    async with running_console() as console:
        assert len(list(console.app.screen.walk_children())) <= 15


@pytest.mark.parametrize(
    ("width", "shown"),
    [(120, " cfconsole  shop-prod · europe-west1   "), (80, " shop-prod · europe-west1   ")],
)
async def test_the_scope_in_the_header_is_cut_last(width: int, shown: str) -> None:
    async with running_console(size=(width, 40), settings=replace(SETTINGS, scope="europe-west1")) as console:
        assert console.lines[0].startswith(shown)


async def test_the_peak_is_never_below_the_figure_next_to_it() -> None:
    metrics = orders_metrics()
    flat = replace(metrics, p95_ms=replace(metrics.p95_ms, values=(180.0,) * 60))
    async with running_console(_with_metrics(ORDERS, flat)) as console:
        assert "  3.4s  peak 3.4s " in console.text


async def test_credentials_that_end_soon_are_shown() -> None:
    async with running_console(replace(shop(), credentials_expire_at=NOW + timedelta(minutes=5))) as console:
        assert "credentials 5m" in console.lines[0]


async def test_q_goes_back_and_at_the_root_leaves() -> None:
    async with running_console() as console:
        await console.press("l", "q")
        assert console.app.main.current.id == "services"
        assert console.app.is_running
        console.app.simulate_key("q")
        await console.pilot.pause(0)
        assert console.app._exit
