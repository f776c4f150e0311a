"""Traffic splits, desired and effective, and the arithmetic between them."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

LATEST = ""
"""In a target: the latest Ready revision, whichever that is."""


CANDIDATE = "(new)"
"""In a target: the revision that a release creates and the API names. No revision can have this name."""

TRAFFIC_MASK = ("traffic",)
"""The field mask of a write of a split."""


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
    """Whether the desired split names it as LATEST."""


def tag_lines(targets: Iterable[Target]) -> tuple[Target, ...]:
    """The tags of a split as lines of their own at 0 %, as gcloud writes them; so tags survive a move of traffic."""
    return tuple(replace(target, percent=0) for target in targets if target.tag)


def all_to(revision: str, desired: Iterable[Target]) -> tuple[Target, ...]:
    """All traffic to one revision or `LATEST`, with the tags of the desired split."""
    return (Target(revision, 100), *tag_lines(desired))


def effective_as_targets(effective: Iterable[Share], desired: Iterable[Target]) -> tuple[Target, ...]:
    """The targets that restore the effective split by revision name, with the tags of the desired split.

    LATEST never gets a share here: it may mean another revision by the time it is written. Shares that do not sum to
    100 are scaled. `effective` needs at least one share above 0 %.
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
    """Whether the next Ready revision takes traffic automatically. To the API an empty list means 100 % LATEST."""
    lines = tuple(desired)
    return not lines or any(line.revision == LATEST and line.percent > 0 for line in lines)
