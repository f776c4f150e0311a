"""Owns what passes between the runner of a release and those who watch it: its progress, and their commands."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from cfconsole.domain.releases.rollout.step_judgement import Judgement
from cfconsole.domain.releases.rollout.values import Command


class CommandRecord(Struct, frozen=True):
    """A command to a release that may be carried out elsewhere."""

    command: Command = field(name="wish")
    """The command; the field has the name that journals of every version keep it under."""
    actor: str
    at: datetime


class ReleaseProgress(Struct, frozen=True):
    """The last look at a release under way. It is for the screen, and no record."""

    at: datetime
    step: int
    """From 1."""
    steps: int
    label: str
    """The step's, such as `canary 25 %`."""
    sentence: str
    """What happens now."""
    left_s: float = 0.0
    """How long the bake or the pause takes from `at` on, if nothing happens."""
    asks: bool = False
    """Whether it goes on only once somebody has said what to do."""
    judgement: Judgement | None = None
    """The verdict so far, with its numbers, where a step is watched."""

    def left_at(self, now: datetime) -> float:
        """Seconds of the countdown that are left."""
        return max(0.0, self.left_s - (now - self.at).total_seconds())
