"""The top line: context and scope, freshness, alerts, log reads, credentials, and the badge of the context."""

from __future__ import annotations

from datetime import datetime

from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, line, spread, width_of
from cfconsole.ui.present.fleet.alerts import open_alerts
from cfconsole.ui.present.freshness import freshness, missing
from cfconsole.ui.settings import ScreenSettings

_LOG_READS = 60
"""The log reads per minute of a project, shared by all its users."""


def header_line(state: ConsoleState, settings: ScreenSettings, now: datetime, width: int) -> Line:
    end: list[Span] = [Span("  ")]
    for group in _groups(state, now, width):
        end += [*group, Span("   ")]
    end += _badge(settings)
    return spread(_where(settings, width - width_of(end)), end, width)


def _where(settings: ScreenSettings, room: int) -> Line:
    """As much as fits: the program's name is dropped first, then the scope."""
    name, context = Span(" cfconsole ", "strong"), Span(f" {settings.context}", "accent-strong")
    variants = line(name, context, f" · {settings.scope}"), line(context, f" · {settings.scope}"), line(context)
    return next((variant for variant in variants if width_of(variant) <= room), variants[-1])


def _groups(state: ConsoleState, now: datetime, width: int) -> list[Line]:
    """Groups of fixed widths: a ticking clock moves nothing else."""
    fresh = freshness(state.feeds, now)
    groups = [line(Span(fresh.word, fresh.style), f" {words.clock(now)}")]
    if width >= 100:
        groups.append(line(Span(f"data {fresh.age or words.ABSENT:>4}", "dim")))
    groups.append(_alerts(state))
    if width >= 100:
        groups.append(line(Span(f"reads {state.reads_per_minute:>2}/{_LOG_READS}", "dim")))
    if expiry := state.credentials_expire_at:
        left = (expiry - now).total_seconds()
        groups.append(line(Span(f"credentials {words.age(left)}", "warn" if left < 600 else "dim")))
    return groups


def _alerts(state: ConsoleState) -> Line:
    status = state.feeds.get(Feed.ALERTS)
    if status is None or status.read_at is None:
        return line(Span(f"{missing(status)} alerts", "warn" if status and status.error else "dim"))
    number = len(open_alerts(state.alerts))
    return line(Span(words.count(number, "alert"), "bad-strong" if number else "dim"))


def _badge(settings: ScreenSettings) -> Line:
    if not settings.badge:
        return ()
    return line(Span(f" {settings.badge} ", f"badge-{settings.colour or 'blue'}"))
