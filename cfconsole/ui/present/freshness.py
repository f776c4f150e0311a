"""How fresh the data on the screen is: a word, an age and a sentence."""

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
    """The age of the list of services, empty while there is none."""
    banner: str
    """What is wrong and what to do; empty while all is well."""


def stale_age(status: FeedStatus | None, now: datetime) -> str:
    """The age of data that is late, unreadable now, or from an earlier run; empty while it is fresh."""
    if status is None or status.read_at is None:
        return ""
    seconds = (now - status.read_at).total_seconds()
    return age(seconds) if status.cached or seconds > status.stale_after_s else ""


def missing(status: FeedStatus | None) -> str:
    """The sign in place of a missing number: `…` while reading, `?` if unreadable, `-` if read and absent."""
    status = status or _NOT_READ
    if status.read_at is not None:
        return ABSENT
    return UNREADABLE if status.error else _PENDING


def freshness(feeds: Mapping[Feed, FeedStatus], now: datetime) -> Freshness:
    services = feeds.get(Feed.SERVICES, _NOT_READ)
    banner = _banner(feeds, now)
    if services.read_at is None:
        return Freshness("no data", "bad", "", banner) if services.error else Freshness("starting", "dim", "", banner)
    services_age = age((now - services.read_at).total_seconds())
    if services.cached:
        return Freshness("cached", "warn", services_age, banner)
    stale = any(stale_age(status, now) for status in feeds.values())
    return (
        Freshness("stale", "warn", services_age, banner) if stale else Freshness("live", "good", services_age, banner)
    )


def _banner(feeds: Mapping[Feed, FeedStatus], now: datetime) -> str:
    """One sentence for the first feed that fails; the others show it in the title of their pane."""
    for feed in Feed:
        status = feeds.get(feed)
        if status is None or status.error is None:
            continue
        old = stale_age(status, now)
        return f"{feed.value.capitalize()}{f' {old} old' if old else ''}: {status.error.sentence}"
    return ""
