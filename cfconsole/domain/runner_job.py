"""Owns the job handed to a runner process: the release, its approval, its variable values."""

from typing import NamedTuple

from cfconsole.domain.releases import Release
from cfconsole.domain.rollout_values import Command


class RunnerJob(NamedTuple):
    """One release to carry out. Values may be secret: a job is handed over once, and never shown or kept."""

    release: Release
    how: str = ""
    """How a new release was approved."""
    values: tuple[tuple[str, str], ...] = ()
    """Name and value of each variable that the plan sets."""
    wish: Command = Command.NONE
    """`CONTINUE` or `ABORT` for a release that another process left; `NONE` for a new one."""
