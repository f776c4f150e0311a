"""Comparison of splits, and the splits that a release in steps goes through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, serving_shares
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Share, Target, scaled_to, tag_lines


def same_targets(one: Iterable[Target], other: Iterable[Target]) -> bool:
    """Whether two lists ask for the same split, in any order, with tags on lines of their own or not."""
    return _normal(one) == _normal(other)


def serves(service: Service, targets: Iterable[Target]) -> bool:
    """Whether the effective split is what `targets` ask for, with LATEST resolved to the latest Ready revision."""
    percents, _ = _normal(replace(target, revision=target.revision or service.latest_ready) for target in targets)
    return percents == {share.revision: share.percent for share in service.serving}


def split_beside(
    revision: str, percent: int, effective: Sequence[Share], desired: Iterable[Target]
) -> tuple[Target, ...]:
    """`percent` to one revision, by name, and the rest to those that serve, in their proportions; tags stay."""
    others = {share.revision: share.percent for share in serving_shares(effective) if share.revision != revision}
    parts = scaled_to(100 - percent, others) if others else {}
    mine = (Target(revision, percent),) if percent else ()
    rest = tuple(Target(name, part) for name, part in parts.items() if part)
    return (*mine, *rest, *tag_lines(desired))


def with_candidate(targets: Iterable[Target], candidate: str) -> tuple[Target, ...]:
    """The targets with the name of the new revision in place of `CANDIDATE`."""
    return tuple(replace(target, revision=candidate) if target.revision == CANDIDATE else target for target in targets)


def with_tag(targets: Iterable[Target], tag: str, revision: str) -> tuple[Target, ...]:
    """The targets with `tag` on that revision alone, on a line of its own; an empty tag changes nothing."""
    if not tag:
        return tuple(targets)
    return (*without_tag(targets, tag), Target(revision, 0, tag))


def without_tag(targets: Iterable[Target], tag: str) -> tuple[Target, ...]:
    """The targets without that tag. A line with traffic stays; a line with only the tag goes."""
    lines = (replace(line, tag="") if line.tag == tag else line for line in targets if line.tag != tag or line.percent)
    return tuple(lines)


def _normal(targets: Iterable[Target]) -> tuple[dict[str, int], set[tuple[str, str]]]:
    percents: dict[str, int] = {}
    tags: set[tuple[str, str]] = set()
    lines = tuple(targets) or (
        Target(LATEST, 100),
    )  # To the API an empty list means all traffic to the latest revision.
    for line in lines:
        if line.percent:
            percents[line.revision] = percents.get(line.revision, 0) + line.percent
        if line.tag:
            tags.add((line.tag, line.revision))
    return percents, tags
