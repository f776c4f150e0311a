"""The commands of operators to a release under way, given here or read from the journal."""

from __future__ import annotations

from datetime import datetime

from cfconsole.domain.releases.rollout.values import Command, Decision, Finish, Rollout, SendProbe, Wait
from cfconsole.session.ports import JournalError, SharedJournalPort


class OperatorCommands:
    """The current command. An abort holds until the end, other commands until they have been carried out."""

    def __init__(self, journal: SharedJournalPort, release_id: str, command: Command = Command.NONE) -> None:
        self._journal = journal
        self._release_id = release_id
        self._read = 0
        self._command = command

    async def begin(self, left_at: datetime) -> None:
        """Skips the commands from before `left_at`, which the previous process has read."""
        records = await self._journal.commands(self._release_id)
        self._read = sum(record.at <= left_at for record in records)

    async def read(self) -> JournalError | None:
        """Reads new commands from the journal. Returns the error if it can't be read."""
        try:
            records = await self._journal.commands(self._release_id)
        except JournalError as error:
            return error
        for record in records[self._read :]:
            self.give(record.command)
        self._read = max(self._read, len(records))
        return None

    @property
    def current(self) -> Command:
        return self._command

    def give(self, command: Command) -> None:
        if self._command is not Command.ABORT:
            self._command = command

    def note_decision(self, before: Rollout, decision: Decision) -> None:
        """Drops a command once a decision has carried it out."""
        waits = isinstance(decision, Wait | SendProbe) and decision.rollout.progress.step == before.progress.step
        if self._command is not Command.ABORT and not waits and not isinstance(decision, Finish):
            self._command = Command.NONE
