"""The freshness of the data on the screen: word, age and banner."""

from __future__ import annotations

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.session.state.console_state import Feed, FeedStatus
from cfconsole.ui.present.freshness import freshness, missing, stale_age
from tests.ui.shop import NOW, ago

DOWN = CloudError(ErrorKind.UNAVAILABLE, "The API is down; trying again.")
FRESH = {Feed.SERVICES: FeedStatus(ago(seconds=3))}


@pytest.mark.parametrize(
    ("feeds", "word", "style", "age"),
    [
        pytest.param({}, "starting", "dim", "", id="nothing read yet"),
        pytest.param(FRESH, "live", "good", "3s", id="just read"),
        pytest.param({Feed.SERVICES: FeedStatus(ago(seconds=123))}, "stale", "warn", "2m", id="two minutes old"),
        pytest.param({Feed.SERVICES: FeedStatus(ago(hours=1), cached=True)}, "cached", "warn", "1h", id="last run"),
        pytest.param({Feed.SERVICES: FeedStatus(error=DOWN)}, "no data", "bad", "", id="never read"),
    ],
)
def test_a_word_says_how_fresh_the_data_is(feeds: dict[Feed, FeedStatus], word: str, style: str, age: str) -> None:
    shown = freshness(feeds, NOW)
    assert (shown.word, shown.style, shown.age) == (word, style, age)


def test_the_banner_names_the_feed_that_fails_its_age_and_why() -> None:
    failing = freshness({**FRESH, Feed.ALERTS: FeedStatus(ago(minutes=3), DOWN)}, NOW)
    assert failing.banner == "Alerts 3m old: The API is down; trying again."


def test_absent_unreadable_and_not_yet_read_differ() -> None:
    error = CloudError(ErrorKind.DENIED, "No.")
    assert [missing(None), missing(FeedStatus(error=error)), missing(FeedStatus(NOW, error))] == ["…", "?", "-"]
    assert stale_age(FeedStatus(ago(seconds=59)), NOW) == ""
