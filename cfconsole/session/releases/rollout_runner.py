"""Carries out a plan in steps: observes, lets the release machine decide, and carries out that one decision, in a loop.

Each write is on disk before it is sent, and its answer after; another process can continue from that record. A write
that can't be recorded is not sent. Plans of a single write follow other rules, which `single_write_runner` keeps.
"""

from __future__ import annotations

from typing import assert_never

from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.rollout.machine import is_milestone, next_decision, release_state
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.rollout.restore import deletes_candidate
from cfconsole.domain.releases.rollout.values import (
    Command,
    Decision,
    Finish,
    Observation,
    Rollout,
    SendProbe,
    SendWrite,
    Wait,
)
from cfconsole.domain.releases.split_text import format_split
from cfconsole.session.ports import ClockPort, JournalError
from cfconsole.session.releases.announcer import Announcer
from cfconsole.session.releases.evidence.build_observer import BuildObserver
from cfconsole.session.releases.evidence.service_observer import ServiceObserver, run_probe
from cfconsole.session.releases.evidence.step_evidence import StepEvidenceReader
from cfconsole.session.releases.operator_commands import OperatorCommands
from cfconsole.session.releases.ports import ReleaseListener, ReleasePorts, VariableValues
from cfconsole.session.releases.record import ReleaseRecord
from cfconsole.session.releases.revision_deletion import delete_failed_revision
from cfconsole.session.releases.step_writer import StepWriter
from cfconsole.session.watch.supervisor import Alarm

FIRST_POLL_S = 0.1
"""The first pause after a write; it grows from there, because a write often takes effect soon."""
POLL_GROWTH = 1.2
SHOW_OTHERS_EVERY_S = 2.0
STOP_WITHIN_S = 2.0
"""How long a process that stops waits to publish."""


class RolloutRunner:
    """One release in steps, from its beginning or from where another process left it.

    `values` are the values of the variables that the plan sets; they are stored nowhere.
    """

    def __init__(
        self,
        record: ReleaseRecord,
        rollout: Rollout,
        ports: ReleasePorts,
        announcer: Announcer,
        listener: ReleaseListener,
        *,
        how: str = "",
        values: VariableValues = (),
        command: Command | None = None,
    ) -> None:
        key = rollout.plan.service
        self._record = record
        self._rollout = rollout
        self._ports = ports
        self._announcer = announcer
        self._listener = listener
        self._how = how
        self._writer = StepWriter(ports.cloud, values)
        self._alarm = Alarm(ports.clock)
        self._commands = OperatorCommands(ports.journal, record.release.id, command or Command.NONE)
        watch = StepEvidenceReader(key, ports.requests, ports.cloud.metrics, ports.clock)
        built = rollout.plan.build
        build = BuildObserver(ports.cloud.functions, self._report_build, creates=built.create) if built else None
        self._observer = ServiceObserver(key, ports.cloud.services, ports.clock, watch, listener.on_service, build)
        self._last_verdict = ""
        """The last verdict, with its evidence."""
        self._poll_s = 0.0
        self._shown_at = float("-inf")
        self._shown_step = -1
        self._leaving = ""

    def wake(self) -> None:
        """Observes now instead of when it is due: the journal has a new command."""
        self._alarm.ring()

    def command(self, command: Command) -> None:
        """Takes a command that the journal could not record."""
        self._commands.give(command)
        self._alarm.ring()

    def leave(self, why: str) -> None:
        """Writes nothing more and ends as interrupted, after the call under way. The release can be resumed."""
        self._leaving = why
        self._alarm.ring()

    async def run(self) -> Release:
        """Returns the ended or interrupted release. Only a killed process leaves it without an end."""
        try:
            with self._ports.requests.collecting(self._rollout.plan.service):
                return await self._run()
        except Exception as error:
            return await self._record.end_with_internal_error(error)
        finally:
            self._listener.on_answer(self._record.release.id)

    async def _run(self) -> Release:
        refused = await self._begin()
        while refused is None:
            if self._leaving:
                return await self._interrupt(f"interrupted: {self._leaving}; it can be resumed")
            decision = await self._decide()
            match decision:
                case Wait():
                    await self._wait(decision)
                case SendProbe():
                    await self._probe(decision)
                case SendWrite():
                    refused = await self._write(decision)
                case Finish():
                    return await self._end(decision)
                case _:
                    assert_never(decision)
        return refused

    async def _begin(self) -> Release | None:
        """Records that the release begins or is resumed."""
        record, progress = self._record, self._rollout.progress
        try:
            if record.begun:
                left_at = max((event.at for event in record.release.events), default=record.release.started_at)
                await self._commands.begin(left_at)
                await record.intend(release_state(self._rollout), "resumed", progress)
            else:
                record.show(ReleaseState.PLANNED, f"approved by {self._how}", progress=progress)
                await record.begin()
        except JournalError as error:
            if record.begun:
                return await self._interrupt(f"it could not be resumed: {error}")
            return await record.end(ReleaseState.FAILED, f"nothing was changed: {error}", recorded=False)
        return None

    async def _decide(self) -> Decision:
        """Decides. A decision to write, to probe or to end is made again on fresh reads."""
        decision = await self._observe(fresh=False)
        if not isinstance(decision, Wait):
            decision = await self._observe(fresh=True)
        if decision.rollout.progress.probes != self._rollout.progress.probes:
            self._observer.set_probe(None)
        self._commands.note_decision(self._rollout, decision)
        return decision

    async def _observe(self, *, fresh: bool) -> Decision:
        error = await self._commands.read()
        if error:
            self._record.note_journal_error(error)
        command, attended = self._commands.current, self._listener.is_attended()
        observation = await self._observer.observe(self._rollout, command, attended=attended, fresh=fresh)
        self._last_verdict = observation.judgement.sentence if observation.judgement else ""
        decision = next_decision(self._rollout, observation, self._ports.clock.now())
        await self._show(decision, observation)
        return decision

    async def _wait(self, wait: Wait) -> None:
        if is_milestone(self._rollout, wait.rollout):
            sentence = self._after_verdict(wait.rollout, wait.sentence)
            await self._record.move(release_state(wait.rollout), sentence, progress=wait.rollout.progress)
        settling = wait.rollout.progress.write is not None
        self._poll_s = self._poll_s * POLL_GROWTH if settling and self._poll_s else FIRST_POLL_S
        self._rollout = wait.rollout
        await self._alarm.sleep(min(wait.poll_after_s, self._poll_s) if settling else wait.poll_after_s)

    async def _probe(self, probe: SendProbe) -> None:
        if is_milestone(self._rollout, probe.rollout):
            sentence = self._after_verdict(probe.rollout, probe.sentence)
            await self._record.move(release_state(probe.rollout), sentence, progress=probe.rollout.progress)
        self._rollout = probe.rollout
        policy = probe.rollout.policy.probe
        self._observer.set_probe(await run_probe(self._ports.cloud.probes, policy, probe.url, probe.number))

    async def _write(self, decision: SendWrite) -> Release | None:
        """Sends one write. Returns the ended release if the write can't be recorded."""
        first = self._rollout.is_untouched and self._rollout.progress.write is None
        refused = await self._writer.validate(decision)
        if refused:
            self._rollout = refused
            return None
        if self._leaving:
            return None
        sentence = self._after_verdict(decision.rollout, decision.sentence)
        try:
            await self._record.intend(ReleaseState.RUNNING, sentence, decision.rollout.progress)
        except JournalError as error:
            return await self._end_unrecorded(first, error)
        self._rollout = await self._writer.send(decision)
        self._poll_s = 0.0
        write = self._rollout.progress.write
        sentence = f"{decision.sentence}: {write.error or write.answer}" if write else decision.sentence
        operation = write.operation if write else ""
        await self._record.move(ReleaseState.RUNNING, sentence, operation, self._rollout.progress)
        self._listener.on_answer(self._record.release.id)
        if first:
            await self._announcer.publish(self._record.release)
        return None

    def _after_verdict(self, later: Rollout, sentence: str) -> str:
        """The sentence to record. If a step is over, its verdict comes first.

        `canary 25 %: healthy: 5xx 0.0 % of 312 requests; from the request log, 2 s old; writing canary 50 %`.
        """
        over = later.progress.step > self._rollout.progress.step and self._last_verdict
        return f"{self._rollout.step.label}: {self._last_verdict}; {sentence}" if over else sentence

    async def _report_build(self, line: str) -> None:
        await self._record.move(ReleaseState.RUNNING, line, progress=self._rollout.progress)

    async def _end_unrecorded(self, first: bool, error: JournalError) -> Release:
        """Ends a release whose next write can't be recorded."""
        if first:
            return await self._record.end(ReleaseState.FAILED, f"nothing was changed: {error}")
        service = self._observer.service
        stays = f" {format_split(service.serving, service.key.name)} serves." if service else ""
        sentence = f"stopped because the next write could not be recorded: {error}{stays} Roll back or continue by hand"
        return await self._finish(ReleaseState.UNKNOWN, sentence, self._rollout)

    async def _interrupt(self, sentence: str) -> Release:
        """Leaves the release to be resumed."""
        await self._record.move(ReleaseState.INTERRUPTED, sentence, progress=self._rollout.progress)
        await self._ports.journal.release_claim(self._record.release.id)
        await self._announcer.publish(self._record.release, STOP_WITHIN_S)
        return self._record.release

    async def _end(self, end: Finish) -> Release:
        outcome = end.outcome
        if end.state is ReleaseState.ROLLED_BACK and deletes_candidate(end.rollout):
            deletion = await delete_failed_revision(
                self._ports.cloud.services, self._ports.clock, self._record, end.rollout
            )
            outcome = f"{outcome}; {deletion}"
        return await self._finish(end.state, outcome, end.rollout)

    async def _finish(self, state: ReleaseState, outcome: str, rollout: Rollout) -> Release:
        self._record.set_candidate(rollout.progress.candidate)
        left = state not in (ReleaseState.ROLLED_BACK, ReleaseState.ABORTED)
        if left and not rollout.is_untouched:
            self._record.set_generation(rollout.progress.generation)
        return await self._record.end(state, outcome)

    async def _show(self, decision: Decision, observation: Observation) -> None:
        """Shows the progress here, and in the journal a little less often."""
        rollout, now = decision.rollout, self._ports.clock.monotonic()
        progress = _progress(decision, observation, self._ports.clock)
        self._listener.on_progress(self._record.release.id, progress)
        due = now - self._shown_at >= SHOW_OTHERS_EVERY_S or rollout.progress.step != self._shown_step
        if due and not isinstance(decision, Finish):
            self._shown_at, self._shown_step = now, rollout.progress.step
            try:
                await self._ports.journal.show_progress(self._record.release.id, progress)
            except JournalError as error:
                self._record.note_journal_error(error)


def _progress(decision: Decision, observation: Observation, clock: ClockPort) -> ReleaseProgress:
    rollout = decision.rollout
    left_s, asks = (decision.left_s, decision.asks) if isinstance(decision, Wait) else (0.0, False)
    sentence = decision.outcome if isinstance(decision, Finish) else decision.sentence
    number, steps, label = rollout.progress.step + 1, len(rollout.plan.steps), rollout.step.label
    return ReleaseProgress(clock.now(), number, steps, label, sentence, left_s, asks, observation.judgement)
