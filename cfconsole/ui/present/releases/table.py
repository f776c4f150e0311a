"""The table of releases, and the detail of one: its steps with verdicts and countdowns, and its events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.releases.model import Plan, Release, ReleaseState, Verdict
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, left, line, right, wrap
from cfconsole.ui.present.charts import bar
from cfconsole.ui.present.releases.plan_steps import new_share
from cfconsole.ui.present.releases.progress import ProgressView, candidate_of, countdown, progress_view, step_of
from cfconsole.ui.present.releases.status import KIND_WORDS, STATE_SIGNS, interrupted, state_word

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress
    from cfconsole.domain.releases.rollout.step_judgement import Judgement
    from cfconsole.domain.releases.steps import Step

STATE, LEFT, AGE = 13, 6, 5
_FIXED = 3 + STATE + 1 + 1 + 1 + 1 + LEFT + 1 + AGE + 1
_VERDICTS = {
    Verdict.HEALTHY: Span("healthy", "good-strong"),
    Verdict.UNHEALTHY: Span("unhealthy", "bad-strong"),
    Verdict.INCONCLUSIVE: Span("inconclusive", "warn"),
}
_SHARE = 10
_WIDE = 100


class ReleaseColumns(Struct, frozen=True):
    """Widths; 0 leaves a column out."""

    service: int
    what: int
    step: int
    by: int


class ReleaseView(Struct, frozen=True):
    """A release with its progress and the verdicts of its steps."""

    release: Release
    progress: ReleaseProgress | None = None
    verdicts: Mapping[int, Judgement] = {}


def columns(width: int) -> ReleaseColumns:
    """A narrow table shows only the number of a step, and no actor."""
    wide = width >= _WIDE
    step, by = (22, 16) if wide else (5, 0)
    room = width - _FIXED - step - by
    service = min(20, max(10, room * 2 // 5))
    return ReleaseColumns(service, max(8, room - service), step, by)


def heading(widths: ReleaseColumns) -> Line:
    cells = (
        left("STATE", STATE),
        left("SERVICE", widths.service),
        left("WHAT", widths.what),
        left("STEP", widths.step),
    )
    text = f"   {' '.join(cells)} {right('LEFT', LEFT)} {right('AGE', AGE)}{'  BY' if widths.by else ''}"
    return line(Span(text, "dim"))


def release_row(view: ReleaseView, now: datetime, widths: ReleaseColumns) -> Line:
    """One release in columns of fixed widths, so that a countdown moves nothing but itself."""
    release = view.release
    sign, progress = STATE_SIGNS[release.state], progress_view(view.progress if release.open else None, now)
    state = "needs you" if progress.needs_operator else state_word(release.state)
    step = _step_words(progress.step or _steps_done(release), widths)
    age = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    if not release.open:
        age = words.since(release.started_at, now)
    return line(
        Span(f" {sign.glyph} {left(state, STATE)} ", sign.style),
        Span(f"{left(release.plan.service.name, widths.service)} ", "strong"),
        f"{left(release_summary(release), widths.what)} {left(step, widths.step)} ",
        Span(right(progress.left, LEFT), "accent-strong"),
        Span(f" {right(age, AGE)}", "dim"),
        Span(f"  {left(release.actor, widths.by - 2)}" if widths.by else "", "dim"),
    )


def release_summary(release: Release) -> str:
    """`deploy canary → 00043`, `roll back 00042 → 00041`."""
    plan, name = release.plan, release.plan.service.name
    target = candidate_of(release) if plan.steps else plan.target
    moved = " → ".join(short_revision(name, one) for one in (plan.bad, target) if one)
    if plan.scaling:
        moved = ""
    strategy = f" {plan.strategy.value}" if plan.strategy and not plan.bad else ""
    return f"{KIND_WORDS[plan.kind]}{strategy}{' → ' if moved and not plan.bad else ' '}{moved}".rstrip()


def _step_words(step: str, widths: ReleaseColumns) -> str:
    return step if widths.by else step.partition(" ")[0]


def _steps_done(release: Release) -> str:
    steps, at = release.plan.steps, step_of(release, None)
    return f"{at}/{len(steps)} {steps[at - 1].label}" if steps and 0 < at <= len(steps) else ""


def release_detail(view: ReleaseView, now: datetime, width: int) -> list[Line]:
    """One release in full: what it does, its outcome, its steps and its events."""
    release = view.release
    key, sign = release.plan.service, STATE_SIGNS[release.state]
    rows = [
        line(
            Span(f" {key.project}/{key.region}/", "dim"),
            Span(key.name, "strong"),
            Span(f"  {release_summary(release)}  "),
            Span(state_word(release.state), sign.style),
            Span(f"  {release.actor} · {words.clock(release.started_at)} · {release.id}", "dim"),
        ),
    ]
    if interrupted(release):
        rows += _sentence_lines("interrupted: no process is running it", sign.style, width)
    if release.outcome:
        rows += _sentence_lines(release.outcome, sign.style, width)
    rows += [BLANK, *_steps(view, now, width)] if release.plan.steps else []
    return [*rows, BLANK, *_events(release, width)]


def _sentence_lines(text: str, style: str, width: int) -> list[Line]:
    return [line(" ", Span(part, style)) for part in wrap(text, max(10, width - 2))]


def _steps(view: ReleaseView, now: datetime, width: int) -> list[Line]:
    """Each step with its share and its state, and below it the reason of its verdict."""
    release = view.release
    at = step_of(release, view.progress)
    rows: list[Line] = []
    for number, step in enumerate(release.plan.steps, start=1):
        judgement = view.verdicts.get(number)
        rows.append(_step(view, step, number, at, now, width))
        if judgement and number <= at and step.bake_s:
            rows += [line(" " * 8, Span(part, "dim")) for part in wrap(judgement.sentence, max(10, width - 10))]
    return rows


def _step(view: ReleaseView, step: Step, number: int, at: int, now: datetime, width: int) -> Line:
    release, plan = view.release, view.release.plan
    here = number == at
    skipped = number < at and number not in _visited_steps(release)
    glyph, style = ("-", "dim") if skipped else _mark(release.state, number, at)
    percent = new_share(_with_candidate(plan, release), step)
    progress = progress_view(view.progress if release.open and here else None, now)
    judgement = view.verdicts.get(number)
    verdict = _VERDICTS[judgement.verdict] if judgement and number <= at and step.bake_s else Span("")
    whole = _bake_words(step, judgement) if width >= _WIDE else ""
    rest = f"{right(progress.left, LEFT)} left{whole}  " if progress.left else ""
    remark = "skipped" if skipped else "" if progress.left or not here else _current_activity(progress, judgement)
    return line(
        Span(f" {glyph} ", style),
        Span(f"{number} {left(step.label, 24)}  ", "strong" if here and release.open else ""),
        Span(f"{percent:>3} % "),
        Span(bar(percent, _SHARE), "good" if number <= at and not skipped else "dim"),
        Span("  "),
        Span(rest, "accent-strong"),
        verdict,
        Span(remark, "dim" if skipped else ""),
    )


def _bake_words(step: Step, judgement: Judgement | None) -> str:
    """How long the bake takes, and the reason where that is longer than planned."""
    min_bake_s = judgement.shortest_bake_s if judgement else 0.0
    if judgement and min_bake_s > step.bake_s:
        return f", {judgement.source} needs at least {countdown(min_bake_s)}"
    return f" of {format_span(step.bake_s)}"


def _visited_steps(release: Release) -> set[int]:
    """The numbers of the steps that were carried out, from 1; an early promotion skips some."""
    return {event.progress.step + 1 for event in release.events if event.progress}


def _current_activity(progress: ProgressView, judgement: Judgement | None) -> str:
    """What the current step waits for while nothing counts down; the full verdict stands below."""
    text = progress.verdict_text
    return f"  {text.partition('; ')[0]}" if judgement and text else text


def _with_candidate(plan: Plan, release: Release) -> Plan:
    """The plan with the name of its new revision, as soon as that is known."""
    return replace(plan, target=candidate_of(release))


def _mark(state: ReleaseState, number: int, at: int) -> tuple[str, str]:
    if state is ReleaseState.SUCCEEDED or number < at:
        return "✓", "good"
    if number > at:
        return "·", "dim"
    return STATE_SIGNS[state].glyph, STATE_SIGNS[state].style


def _events(release: Release, width: int) -> list[Line]:
    """The events, newest last."""
    rows: list[Line] = []
    events = release.events[:-1] if _ends_with_outcome(release) else release.events
    for event in events:
        head = f" {words.clock(event.at)}  "
        first, *more = wrap(event.sentence, max(10, width - len(head) - 1))
        rows.append(line(Span(head, "dim"), first))
        rows.extend(line(" " * len(head), part) for part in more)
    return rows


def _ends_with_outcome(release: Release) -> bool:
    """Whether the last event repeats the outcome, which already stands above."""
    return bool(release.events) and release.events[-1].sentence == release.outcome


def release_text(view: ReleaseView, now: datetime) -> str:
    """The release in full as text, for copying."""
    return "\n".join("".join(span.text for span in row).rstrip() for row in release_detail(view, now, 100))
