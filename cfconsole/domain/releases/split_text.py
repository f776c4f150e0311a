"""Splits and instances of a service in one line, as plans, logs and screens write them."""

from __future__ import annotations

from collections.abc import Iterable

from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.releases.steps import Scaling


def format_split(lines: Iterable[Target | Share], service: str = "") -> str:
    """A split in one line, e.g. `00041 100 %, 00040 tag canary`; with the service's name revisions are short."""
    return ", ".join(_line(line, service) for line in lines) or "nothing"


def format_scaling(scaling: Scaling) -> str:
    """Instances for sentences: `min 1, max 10`."""
    maximum = "not set" if scaling.max_instances is None else scaling.max_instances
    return f"min {scaling.min_instances}, max {maximum}"


def _line(line: Target | Share, service: str) -> str:
    name = "latest" if line.revision == LATEST else short_revision(service, line.revision)
    percent = f" {line.percent} %" if line.percent or not line.tag else ""
    return f"{name}{percent}{f' tag {line.tag}' if line.tag else ''}"
