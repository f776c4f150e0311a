"""Traffic splits: what is asked for, what serves, and the arithmetic between them."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

LATEST = ""
"""In a target: whichever revision is the latest ready one."""


CANDIDATE = "(new)"
"""In a target: the revision that a release creates, which the API names. No revision can be called so."""

TRAFFIC_MASK = ("traffic",)
"""What a write of a split touches, and nothing else."""


class Target(Struct, frozen=True):
    """One line of the desired split (`TrafficTarget`). A line with 0 % and a tag only gives the revision a URL."""

    revision: str
    """Short revision name, or `LATEST`."""
    percent: int
    tag: str = ""


class Share(Struct, frozen=True):
    """One line of the effective split (`TrafficTargetStatus`)."""

    revision: str
    percent: int
    tag: str = ""
    uri: str = ""
    latest: bool = False
    """Whether it was asked for as LATEST."""


def tag_lines(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Every tag of a split as a line of its own at 0 %, as gcloud writes them: tags survive a move of traffic."""
    return tuple(replace(target, percent=0) for target in targets if target.tag)


def all_to(revision: str, desired: Iterable[Target]) -> tuple[Target, ...]:
    """All traffic to one revision (or `LATEST`), with the tags of the desired split kept."""
    return (Target(revision, 100), *tag_lines(desired))


def effective_as_targets(effective: Iterable[Share], desired: Iterable[Target]) -> tuple[Target, ...]:
    """The targets that restore what serves, by revision name, with the tags of the desired split kept.

    Never LATEST with a percentage: it may mean another revision by the time it is written. Shares of a moment in which
    they do not sum to 100 are scaled. `effective` needs at least one share above 0 %.
    """
    weights: dict[str, int] = {}
    for share in effective:
        weights[share.revision] = weights.get(share.revision, 0) + share.percent
    percents = scaled_to_100({revision: weight for revision, weight in weights.items() if weight > 0})
    served = (Target(revision, percent) for revision, percent in percents.items() if percent > 0)
    return (*served, *tag_lines(desired))


def scaled_to_100(weights: Mapping[str, int]) -> dict[str, int]:
    """Whole percents in proportion to positive weights that sum to 100, by largest remainder; order is kept."""
    return scaled_to(100, weights)


def scaled_to(whole: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Whole parts in proportion to positive weights that sum to `whole`, by largest remainder; order is kept.

    The same rounding as gcloud's (`api_lib/run/traffic.py`). There must be at least one weight.
    """
    total = sum(weights.values())
    parts = {name: weight * whole // total for name, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda name: -(weights[name] * whole % total))
    for name in by_remainder[: whole - sum(parts.values())]:
        parts[name] += 1
    return parts


def follows_latest(desired: Iterable[Target]) -> bool:
    """Whether the next Ready revision takes traffic by itself. No line at all means 100 % LATEST to the API."""
    lines = tuple(desired)
    return not lines or any(line.revision == LATEST and line.percent > 0 for line in lines)
