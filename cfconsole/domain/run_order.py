"""Owns what a console tells the process that carries a release out: which one, by whose approval, with what values."""

from typing import NamedTuple

from cfconsole.domain.releases import Release
from cfconsole.domain.rollout_values import Wish


class RunOrder(NamedTuple):
    """One release to carry out. Values may be secret: an order is handed over once, and never shown or kept."""

    release: Release
    how: str = ""
    """How a new release was approved."""
    values: tuple[tuple[str, str], ...] = ()
    """Name and value of each variable that the plan sets."""
    wish: Wish = Wish.NONE
    """`GO_ON` or `ABORT` for a release that the journal knows and that is taken up again; `NONE` for a new one."""
