"""Words, cells, charts and frames, without a screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from cfconsole.domain.alerts import Alert, AlertSource, Limit, Measure, Suspect
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.log_buffer import LogBuffer
from cfconsole.domain.logs import Severity
from cfconsole.domain.metrics import TrafficNumbers, Window
from cfconsole.domain.releases import Release, ReleaseState
from cfconsole.domain.services import Health
from cfconsole.domain.traffic import Share, Target
from cfconsole.session.state import Feed, FeedStatus
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.palette import STYLES, style
from cfconsole.ui.present import words
from cfconsole.ui.present.alerts import alert_row, alert_text, said
from cfconsole.ui.present.cells import Span, chunks, clip, fit, left, plain, right, spread, width_of, wrapped
from cfconsole.ui.present.charts import bar, sparkline
from cfconsole.ui.present.frame import Frame, framed, rule
from cfconsole.ui.present.freshness import freshness, missing, stale_age
from cfconsole.ui.present.log_window import LogWindow
from cfconsole.ui.present.ordering import held, stepped, window_top
from cfconsole.ui.present.plan import plan_changes
from cfconsole.ui.present.releases import status_line
from cfconsole.ui.present.revisions import desired_words
from cfconsole.ui.present.services import columns, heading, serving_words
from tests.ui.scripted import rollback_plan
from tests.ui.shop import BILLING, CATALOG, NOW, ORDERS, ago, entry, service

TEXTS = st.text("ab 漢é😀", max_size=30)


def test_every_state_has_its_own_shape() -> None:
    assert set(words.MARKS) == set(Health)
    assert len({mark.glyph for mark in words.MARKS.values()}) == len(Health)
    assert all(mark.style in STYLES for mark in words.MARKS.values())


@given(TEXTS, st.integers(0, 20))
def test_cells_are_exact(text: str, width: int) -> None:
    assert cell_len(left(text, width)) == width
    assert cell_len(right(text, width)) == width
    assert cell_len(clip(text, width)) <= max(width, 0)


@given(st.lists(TEXTS, max_size=4), st.integers(1, 30))
@example(["aaaaaaaaaa", "", "a"], 10)
def test_lines_fit_exactly(texts: list[str], width: int) -> None:
    spans = [Span(text) for text in texts]
    assert width_of(fit(spans, width)) == width
    assert width_of(spread(spans, [Span("ab")], width)) == width


@given(TEXTS, st.integers(2, 12))
def test_pieces_fit_and_lose_nothing(text: str, width: int) -> None:
    pieces = chunks(text, width)
    assert "".join(pieces) == text
    assert all(cell_len(piece) <= width for piece in pieces)
    assert all(cell_len(row) <= width for row in wrapped(text, width))


def test_a_cut_line_shows_that_it_is_cut() -> None:
    assert plain(fit([Span("orders"), Span("-api")], 8)) == "orders-…"
    assert plain(fit([Span("orders"), Span("-api")], 6)) == "order…"


@pytest.mark.parametrize(("percent", "shown"), [(0, "    "), (1, "▏   "), (50, "██  "), (100, "████")])
def test_bars(percent: int, shown: str) -> None:
    assert bar(percent, 4) == shown


def test_sparklines_keep_the_peak_and_mark_what_may_grow() -> None:
    window = Window(NOW, 60, (0.0, 0.0, 8.0, 0.0, None, 4.0), incomplete=1)
    drawn = sparkline(window, 6, "good")
    assert plain(drawn) == "▁▁█▁ ▅"
    assert drawn[-1] == Span("▅", "dim")
    assert "█" in plain(sparkline(window, 2, "good"))
    assert plain(sparkline(Window(NOW, 60, ()), 4, "good")) == "    "


def test_frames_join() -> None:
    top = rule(Frame("├", "┤", joint=6), [Span("A")], [Span("B")], 14, "rule")
    assert plain(top) == "├ A ──┴── B ─┤"
    rows = framed(Frame("┬", "┐", meeting=2), top, [(Span("x"),)], 14, 4, "rule")
    assert [plain(row)[0] for row in rows[1:]] == ["│", "┤", "│"]
    assert all(width_of(row) == 14 for row in rows)


@pytest.mark.parametrize("width", [40, 56, 59, 76, 88, 99, 140])
def test_service_columns_fill_the_pane(width: int) -> None:
    assert width_of(heading(columns(width))) <= max(width, 50)


def test_freshness() -> None:
    fresh = {Feed.SERVICES: FeedStatus(ago(seconds=3))}
    error = CloudError(ErrorKind.UNAVAILABLE, "The API is down; trying again.")
    assert freshness({}, NOW)[:2] == ("starting", "dim")
    assert freshness(fresh, NOW)[:3] == ("live", "good", "3s")
    assert freshness(fresh, NOW + timedelta(minutes=2)).word == "stale"
    assert freshness({Feed.SERVICES: FeedStatus(ago(hours=1), cached=True)}, NOW)[:3] == ("cached", "warn", "1h")
    assert freshness({Feed.SERVICES: FeedStatus(error=error)}, NOW).word == "no data"
    failing = freshness({**fresh, Feed.ALERTS: FeedStatus(ago(minutes=3), error)}, NOW)
    assert failing.banner == "Alerts 3m old: The API is down; trying again."


def test_absent_unreadable_and_not_yet_read_differ() -> None:
    error = CloudError(ErrorKind.DENIED, "No.")
    assert [missing(None), missing(FeedStatus(error=error)), missing(FeedStatus(NOW, error))] == ["…", "?", "-"]
    assert stale_age(FeedStatus(ago(seconds=59)), NOW) == ""


def test_the_order_is_held() -> None:
    assert held((ORDERS, BILLING), (CATALOG, BILLING)) == (BILLING, CATALOG)
    assert stepped((ORDERS, BILLING), ORDERS, 5) == BILLING
    assert stepped((ORDERS, BILLING), CATALOG, 1) == ORDERS
    assert stepped((), ORDERS, 1) is None


@given(st.integers(0, 50), st.integers(0, 49), st.integers(1, 20))
def test_the_cursor_is_always_in_sight(top: int, cursor: int, rows: int) -> None:
    start = window_top(top, cursor, rows, 50)
    assert start <= cursor < start + rows
    assert start == 0 or start + rows <= 50


def test_what_was_asked_for_is_said_only_while_it_differs() -> None:
    steady = service(ORDERS, 42, NOW, "ci")
    assert desired_words(steady) == ""
    moving = steady._replace(desired=(Target("orders-api-00041", 90), Target("", 10)))
    assert desired_words(moving) == "asked for 00041 90 % · latest 10 %"


def test_a_split_is_never_said_as_one_revision() -> None:
    split = service(ORDERS, 42, NOW, "ci", split=((42, 90), (41, 10)))
    assert serving_words(split, 13) == "00042 90% +1"
    assert serving_words(split, 10) == "00042 90%"
    assert serving_words(split._replace(effective=()), 10) == "none"


def test_changes_of_a_plan_are_named() -> None:
    plan = rollback_plan()
    assert plan_changes(plan, plan) == ()
    assert "somebody changed" in plan_changes(plan, plan._replace(generation=43))[0]
    split = (Share("orders-api-00042", 50), Share("orders-api-00041", 50))
    assert plan_changes(plan, plan._replace(before=split))[0].startswith("before is now 00042 50 %, 00041 50 %")
    assert plan_changes(plan, plan._replace(warnings=("Mind the gap.",))) == ("new: Mind the gap.",)


def test_styles_must_exist() -> None:
    with pytest.raises(KeyError):
        style("no such style")


@pytest.mark.parametrize(
    ("key", "character", "after"),
    [
        ("x", "x", LineEdit("abx c", 3)),
        ("backspace", None, LineEdit("a c", 1)),
        ("delete", None, LineEdit("abc", 2)),
        ("ctrl+u", None, LineEdit(" c", 0)),
        ("ctrl+w", None, LineEdit(" c", 0)),
        ("left", None, LineEdit("ab c", 1)),
        ("end", None, LineEdit("ab c", 4)),
        ("f5", None, None),
        ("ctrl+x", "\x18", None),
    ],
)
def test_line_editing(key: str, character: str | None, after: LineEdit | None) -> None:
    assert LineEdit("ab c", 2).pressed(key, character) == after


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60), st.lists(st.integers(0, 200), max_size=60), st.data())
def test_late_rows_never_move_what_is_in_sight(first: list[int], late: list[int], data: st.DataObject) -> None:
    buffer, window = LogBuffer(), LogWindow()
    buffer.add(entry(number, Severity.INFO, "x") for number in first)
    for steps in data.draw(st.lists(st.integers(-30, -1), min_size=1, max_size=3)):
        window.move(buffer, steps)
    top = buffer.key_at(window.visible(buffer, 10, lambda row: 1).start)
    cursor = window.cursor
    below = [number for number in late if not buffer.index_of(top) <= number]
    buffer.add(entry(number, Severity.INFO, "x") for number in below)
    assert window.cursor == cursor
    shown = window.visible(buffer, 10, lambda row: 1)
    assert shown.start <= window.cursor_index(buffer) < shown.stop


@given(st.lists(st.integers(1, 4), min_size=1, max_size=40), st.integers(3, 12), st.data())
def test_the_cursor_row_is_in_sight_even_when_rows_wrap(sizes: list[int], height: int, data: st.DataObject) -> None:
    buffer, window = LogBuffer(), LogWindow()
    buffer.add(entry(at, Severity.INFO, "x" * size) for at, size in enumerate(sizes))
    for steps in data.draw(st.lists(st.integers(-9, 9), max_size=6)):
        window.move(buffer, steps)
        shown = window.visible(buffer, height, lambda row: len(getattr(row, "message", "x")))
        assert window.cursor_index(buffer) in shown


VERIFIED = "traffic moved; healthy: 5xx 11.6 % → 0.0 % of 76 requests"
RATE = Limit(Measure.ERROR_RATE, 0.01)
SLOW = Limit(Measure.P95, 2_500.0)


@pytest.mark.parametrize(
    ("limit", "figures", "sentence"),
    [
        (RATE, TrafficNumbers(1000, 124), "sick 12.4 % > 1 %"),
        (RATE, TrafficNumbers(1000, 1), "sick > 1 %, now 0.1 %"),
        (RATE, TrafficNumbers(), "sick > 1 %"),
        (RATE, None, "sick > 1 %"),
        (SLOW, TrafficNumbers(1000, 0, p95_ms=3_400.0), "sick 3.4 s > 2.5 s"),
        (None, TrafficNumbers(1000, 124), "too many errors"),
    ],
)
def test_an_alert_says_its_number_only_where_it_is_known(
    limit: Limit | None, figures: TrafficNumbers | None, sentence: str
) -> None:
    alert = Alert("1", "sick", None, "", NOW, summary="too many errors", limit=limit)
    assert said(alert, figures) == sentence


def test_a_suspect_is_named_in_a_narrow_row_too() -> None:
    suspect = Suspect(f"{ORDERS.name}-00042-nvc", "5xx 0.1 % → 12.4 %")
    alert = Alert("1", "error rate", ORDERS, "", ago(minutes=5), suspect=suspect, limit=RATE)
    wide, narrow = (plain(alert_row(alert, TrafficNumbers(1000, 124), NOW, 10, width)) for width in (70, 59))
    assert wide == " ▲   5m  orders-api error rate 12.4 % > 1 %  suspect 00042-nvc"
    assert narrow == " ▲   5m  orders-api error rate 12.4 % > 1 % ← 00042-nvc"
    own = alert._replace(source=AlertSource.LOCAL)
    wide, narrow = (plain(alert_row(own, TrafficNumbers(1000, 124), NOW, 10, width)) for width in (70, 69))
    assert wide.endswith("> 1 %  suspect 00042-nvc · local")
    assert narrow.endswith("> 1 % ← 00042-nvc · local")


def test_an_alert_in_full_has_its_limit() -> None:
    text = alert_text(Alert("1", "sick", None, "", NOW, limit=SLOW, documentation="Call somebody."))
    assert "limit     p95 > 2.5 s" in text
    assert text.endswith("Call somebody.")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (120, f"✓ roll back orders-api 00042 → 00041: succeeded · 25s · {VERIFIED}"),
        (100, f"✓ roll back orders-api 00042 → 00041 · {VERIFIED}"),
        (74, f"✓ orders-api: {VERIFIED}"),
        (60, f"✓ {VERIFIED}"),
    ],
)
def test_a_release_says_its_numbers_first_where_there_is_little_room(width: int, shown: str) -> None:
    ended = Release("r-1", rollback_plan(), "ops@shop", ago(seconds=25), ReleaseState.SUCCEEDED, ended_at=NOW)
    assert plain(status_line(ended._replace(outcome=VERIFIED), NOW, width)) == shown
