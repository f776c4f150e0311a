"""The job handed to a runner process: the release, its approval, its variable values."""

from msgspec import Struct, field

from cfconsole.domain.releases.model import Release
from cfconsole.domain.releases.rollout.values import Command


class RunnerJob(Struct, frozen=True):
    """One release to carry out. Values may be secret: a job is handed over once, never displayed or stored."""

    release: Release
    how: str = ""
    """How a new release was approved."""
    values: tuple[tuple[str, str], ...] = ()
    """Name and value of each variable that the plan sets."""
    command: Command = field(default=Command.NONE, name="wish")
    """`CONTINUE` or `ABORT` for an interrupted release; `NONE` for a new one."""
