"""Traffic splits: what is asked for, what serves, and the arithmetic between them."""

from __future__ import annotations

from typing import NamedTuple

LATEST = ""
"""In a target: whichever revision is the latest ready one."""


class Target(NamedTuple):
    """One line of the desired split (`TrafficTarget`). A line with 0 % and a tag only gives the revision a URL."""

    revision: str
    """Short revision name, or `LATEST`."""
    percent: int
    tag: str = ""


class Share(NamedTuple):
    """One line of the effective split (`TrafficTargetStatus`)."""

    revision: str
    percent: int
    tag: str = ""
    uri: str = ""
    latest: bool = False
    """Whether it was asked for as LATEST."""
