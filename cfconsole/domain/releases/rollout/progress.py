"""What passes between the runner of a release and its watchers: the progress, and commands."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from cfconsole.domain.releases.rollout.step_judgement import Judgement
from cfconsole.domain.releases.rollout.values import Command


class CommandRecord(Struct, frozen=True):
    """A command to a release, which another process may be running."""

    command: Command = field(name="wish")
    """Stored as `wish` in the journal."""
    actor: str
    at: datetime


class ReleaseProgress(Struct, frozen=True):
    """The latest progress of an open release: for the screen, not for the record."""

    at: datetime
    step: int
    """The number of the step, from 1."""
    steps: int
    label: str
    """The label of the step, such as `canary 25 %`."""
    sentence: str
    """What is happening now."""
    left_s: float = 0.0
    """How much longer the bake or the pause takes from `at` on."""
    asks: bool = False
    """Whether it waits for a command."""
    judgement: Judgement | None = None
    """The verdict so far, with its numbers, while a step is watched."""

    def left_at(self, now: datetime) -> float:
        """Seconds left of the countdown."""
        return max(0.0, self.left_s - (now - self.at).total_seconds())
