"""The dialog of a command to an open release: traffic before and after, the verdict so far, and the effect."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import Service, short_revision
from cfconsole.domain.fleet.splits import with_candidate
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Release
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import StepKind
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.plan import label_rows, split_lines
from cfconsole.ui.present.releases.progress import ProgressView, candidate_of
from cfconsole.ui.present.releases.table import release_summary

COMMAND_TITLES = {
    Command.ABORT: "Abort the release",
    Command.PROMOTE: "Promote now",
    Command.CONTINUE: "Continue with the next step",
}


def command_lines(
    release: Release, command: Command, service: Service | None, at: int, progress: ProgressView, width: int
) -> list[Line]:
    """`at` is the number of the current step, from 1; `progress` says how far it is."""
    key = release.plan.service
    rows = [line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong")), BLANK]
    if service:
        rows += [*split_lines(_change(release, command, service, at), width), BLANK]
    rows += label_rows(
        "now", " · ".join(filter(None, (release_summary(release), progress.step, progress.left))), "accent", width
    )
    rows += label_rows("verdict", progress.verdict_text, "accent", width) if progress.verdict_text else []
    for text in _effects(release, command, at):
        rows += label_rows(command.value, text, "warn-strong", width)
    return rows


def _change(release: Release, command: Command, service: Service, at: int) -> Plan:
    candidate = candidate_of(release)
    after = _after(release, command, candidate, at)
    return replace(
        release.plan,
        kind=ReleaseKind.SHIFT,
        before=service.effective,
        after=after,
        bad=candidate if command is Command.ABORT else "",
        target="" if command is Command.ABORT else candidate,
    )


def _after(release: Release, command: Command, candidate: str, at: int) -> tuple[Target, ...]:
    plan = release.plan
    if command is Command.ABORT:
        return plan.undo
    step = plan.steps[-1] if command is Command.PROMOTE else plan.steps[min(at, len(plan.steps) - 1)]
    resolved = (replace(line, revision=line.revision or candidate) for line in with_candidate(step.targets, candidate))
    return tuple(resolved) if step is plan.steps[-1] else with_candidate(step.targets, candidate)


def _effects(release: Release, command: Command, at: int) -> tuple[str, ...]:
    plan, steps = release.plan, release.plan.steps
    if command is Command.ABORT and steps and steps[at - 1].kind is StepKind.BUILD:
        serves = "serves as soon as it is ready" if not plan.undo else "gets no traffic"
        return (f"the build continues (Cloud Functions cannot stop one); its revision {serves}",)
    if command is Command.ABORT:
        tag = f"; the new revision keeps tag {plan.tag} at 0 % if it is Ready" if plan.tag else ""
        return (f"the previous traffic is restored{tag}",)
    last = at >= len(steps)
    passed = steps[at - 1 : -1] if command is Command.PROMOTE and not last else steps[at - 1 : at]
    over = ", ".join(step.label for step in passed if step.bake_s)
    watch = f"the watch of {over} is cut short, whatever the verdict" if over else "the next step is applied now"
    if last:
        return (watch, "the release ends as succeeded")
    after = steps[-1] if command is Command.PROMOTE else steps[at]
    name = short_revision(plan.service.name, candidate_of(release))
    then = f"then it is watched for {format_span(after.bake_s)}" if after.bake_s else "then the release ends"
    return (watch, f"{name} gets {after.label}; {then}")
