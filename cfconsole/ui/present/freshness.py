"""How far the data on the screen can be trusted, in a word, an age and a sentence."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from cfconsole.session.state.console_state import Feed, FeedStatus
from cfconsole.ui.present.words import ABSENT, UNREADABLE, age

_PENDING = "…"
_NOT_READ = FeedStatus()


class Freshness(Struct, frozen=True):
    word: str
    """`starting`, `cached`, `live` or `stale`."""
    style: str
    age: str
    """Of the list of services, empty while there is none."""
    banner: str
    """What is wrong and what to do, empty while all is well."""


def stale_age(status: FeedStatus | None, now: datetime) -> str:
    """The age of data that are no longer what they should be: late, failed or of an earlier run. Empty while fresh."""
    if status is None or status.read_at is None:
        return ""
    seconds = (now - status.read_at).total_seconds()
    return age(seconds) if status.cached or seconds > status.stale_after_s else ""


def missing(status: FeedStatus | None) -> str:
    """What stands where a number is not: still being read, unreadable, or read and absent."""
    status = status or _NOT_READ
    if status.read_at is not None:
        return ABSENT
    return UNREADABLE if status.error else _PENDING


def freshness(feeds: Mapping[Feed, FeedStatus], now: datetime) -> Freshness:
    services = feeds.get(Feed.SERVICES, _NOT_READ)
    banner = _banner(feeds, now)
    if services.read_at is None:
        return Freshness("no data", "bad", "", banner) if services.error else Freshness("starting", "dim", "", banner)
    shown = age((now - services.read_at).total_seconds())
    if services.cached:
        return Freshness("cached", "warn", shown, banner)
    stale = any(stale_age(status, now) for status in feeds.values())
    return Freshness("stale", "warn", shown, banner) if stale else Freshness("live", "good", shown, banner)


def _banner(feeds: Mapping[Feed, FeedStatus], now: datetime) -> str:
    """One sentence for the most basic feed that fails; the others say it in their pane's title."""
    for feed in Feed:
        status = feeds.get(feed)
        if status is None or status.error is None:
            continue
        old = stale_age(status, now)
        return f"{feed.value.capitalize()}{f' {old} old' if old else ''}: {status.error.sentence}"
    return ""
