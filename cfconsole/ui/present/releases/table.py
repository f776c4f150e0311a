"""The releases as a table, and one of them in full: steps with their verdicts, countdowns, and what happened when."""

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
from cfconsole.ui.present.cells import BLANK, Line, Span, left, line, right, wrapped
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
    """A release with everything that is known of how it goes."""

    release: Release
    progress: ReleaseProgress | None = None
    verdicts: Mapping[int, Judgement] = {}


def columns(width: int) -> ReleaseColumns:
    """Where it is narrow a step has its number alone, and nobody is named."""
    wide = width >= _WIDE
    step, by = (22, 16) if wide else (5, 0)
    room = width - _FIXED - step - by
    service = min(20, max(10, room * 2 // 5))
    return ReleaseColumns(service, max(8, room - service), step, by)


def heading(at: ReleaseColumns) -> Line:
    text = f"   {left('STATE', STATE)} {left('SERVICE', at.service)} {left('WHAT', at.what)} {left('STEP', at.step)} "
    return line(Span(f"{text}{right('LEFT', LEFT)} {right('AGE', AGE)}{'  BY' if at.by else ''}", "dim"))


def release_row(shown: ReleaseView, now: datetime, at: ReleaseColumns) -> Line:
    """One release in columns of fixed widths, so that a countdown moves nothing but itself."""
    release = shown.release
    look, how = STATE_SIGNS[release.state], progress_view(shown.progress if release.open else None, now)
    age = words.age(((release.ended_at or now) - release.started_at).total_seconds())
    if not release.open:
        age = words.since(release.started_at, now)
    return line(
        Span(f" {look.glyph} {left('needs you' if how.asks else state_word(release.state), STATE)} ", look.style),
        Span(f"{left(release.plan.service.name, at.service)} ", "strong"),
        f"{left(what(release), at.what)} {left(_step_words(how.step or _steps_done(release), at), at.step)} ",
        Span(right(how.left, LEFT), "accent-strong"),
        Span(f" {right(age, AGE)}", "dim"),
        Span(f"  {left(release.actor, at.by - 2)}" if at.by else "", "dim"),
    )


def what(release: Release) -> str:
    """`deploy canary → 00043`, `roll back 00042 → 00041`."""
    plan, name = release.plan, release.plan.service.name
    target = candidate_of(release) if plan.steps else plan.target
    moved = " → ".join(short_revision(name, one) for one in (plan.bad, target) if one)
    if plan.scaling:
        moved = ""
    strategy = f" {plan.strategy.value}" if plan.strategy and not plan.bad else ""
    return f"{KIND_WORDS[plan.kind]}{strategy}{' → ' if moved and not plan.bad else ' '}{moved}".rstrip()


def _step_words(step: str, at: ReleaseColumns) -> str:
    return step if at.by else step.partition(" ")[0]


def _steps_done(release: Release) -> str:
    steps, at = release.plan.steps, step_of(release, None)
    return f"{at}/{len(steps)} {steps[at - 1].label}" if steps and 0 < at <= len(steps) else ""


def release_detail(shown: ReleaseView, now: datetime, width: int) -> list[Line]:
    """Everything of one release."""
    release = shown.release
    key, look = release.plan.service, STATE_SIGNS[release.state]
    rows = [
        line(
            Span(f" {key.project}/{key.region}/", "dim"),
            Span(key.name, "strong"),
            Span(f"  {what(release)}  "),
            Span(state_word(release.state), look.style),
            Span(f"  {release.actor} · {words.clock(release.started_at)} · {release.id}", "dim"),
        ),
    ]
    if interrupted(release):
        rows += _sentence_lines("interrupted: no process is running it", look.style, width)
    if release.outcome:
        rows += _sentence_lines(release.outcome, look.style, width)
    rows += [BLANK, *_steps(shown, now, width)] if release.plan.steps else []
    return [*rows, BLANK, *_events(release, width)]


def _sentence_lines(text: str, style: str, width: int) -> list[Line]:
    return [line(" ", Span(part, style)) for part in wrapped(text, max(10, width - 2))]


def _steps(shown: ReleaseView, now: datetime, width: int) -> list[Line]:
    """Each step with its share, how it stands, and under it what its verdict rests on."""
    release = shown.release
    at = step_of(release, shown.progress)
    rows: list[Line] = []
    for number, step in enumerate(release.plan.steps, start=1):
        judgement = shown.verdicts.get(number)
        rows.append(_step(shown, step, number, at, now, width))
        if judgement and number <= at and step.bake_s:
            rows += [line(" " * 8, Span(part, "dim")) for part in wrapped(judgement.sentence, max(10, width - 10))]
    return rows


def _step(shown: ReleaseView, step: Step, number: int, at: int, now: datetime, width: int) -> Line:
    release, plan = shown.release, shown.release.plan
    here = number == at
    passed_over = number < at and number not in _visited_steps(release)
    glyph, style = ("-", "dim") if passed_over else _mark(release.state, number, at)
    percent = new_share(_named(plan, release), step)
    how = progress_view(shown.progress if release.open and here else None, now)
    judgement = shown.verdicts.get(number)
    verdict = _VERDICTS[judgement.verdict] if judgement and number <= at and step.bake_s else Span("")
    left_over = f"{right(how.left, LEFT)} left{_of(step, judgement) if width >= _WIDE else ''}  " if how.left else ""
    told = "skipped" if passed_over else "" if how.left or not here else _current_activity(how, judgement)
    return line(
        Span(f" {glyph} ", style),
        Span(f"{number} {left(step.label, 24)}  ", "strong" if here and release.open else ""),
        Span(f"{percent:>3} % "),
        Span(bar(percent, _SHARE), "good" if number <= at and not passed_over else "dim"),
        Span("  "),
        Span(left_over, "accent-strong"),
        verdict,
        Span(told, "dim" if passed_over else ""),
    )


def _of(step: Step, judgement: Judgement | None) -> str:
    """How long the watch takes, and why where that is longer than was asked for."""
    least_s = judgement.shortest_bake_s if judgement else 0.0
    if judgement and least_s > step.bake_s:
        return f", {judgement.source} needs at least {countdown(least_s)}"
    return f" of {format_span(step.bake_s)}"


def _visited_steps(release: Release) -> set[int]:
    """The numbers of the steps it has been at, from 1; a release that was promoted early leaves some out."""
    return {event.progress.step + 1 for event in release.events if event.progress}


def _current_activity(how: ProgressView, judgement: Judgement | None) -> str:
    """What the step under way waits for, where nothing counts down. A verdict stands below in full."""
    return f"  {how.verdict_text.partition('; ')[0]}" if judgement and how.verdict_text else how.verdict_text


def _named(plan: Plan, release: Release) -> Plan:
    """The plan with its new revision by name, once it has one."""
    return replace(plan, target=candidate_of(release))


def _mark(state: ReleaseState, number: int, at: int) -> tuple[str, str]:
    if state is ReleaseState.SUCCEEDED or number < at:
        return "✓", "good"
    if number > at:
        return "·", "dim"
    return STATE_SIGNS[state].glyph, STATE_SIGNS[state].style


def _events(release: Release, width: int) -> list[Line]:
    """What happened, newest last."""
    rows: list[Line] = []
    told = release.events[:-1] if _ends_with_outcome(release) else release.events
    for event in told:
        head = f" {words.clock(event.at)}  "
        first, *more = wrapped(event.sentence, max(10, width - len(head) - 1))
        rows.append(line(Span(head, "dim"), first))
        rows.extend(line(" " * len(head), part) for part in more)
    return rows


def _ends_with_outcome(release: Release) -> bool:
    """Whether the last event says what stands above already."""
    return bool(release.events) and release.events[-1].sentence == release.outcome


def release_text(shown: ReleaseView, now: datetime) -> str:
    """The release in full, for copying."""
    return "\n".join("".join(span.text for span in row).rstrip() for row in release_detail(shown, now, 100))
