"""Traffic splits: validation of desired targets, and the effective routing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from google.cloud import run_v2

from cfconsole.emulator.errors import invalid_argument
from cfconsole.emulator.world.names import short

LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_TAG = re.compile(r"[a-z]([-a-z0-9]{0,44}[a-z0-9])?")


class RevisionShare(NamedTuple):
    """A revision and its percentage of requests."""

    revision: str
    percent: int


class Routing(NamedTuple):
    """The effective split and tags by short revision names, with LATEST resolved."""

    shares: tuple[RevisionShare, ...] = ()
    tags: Mapping[str, str] = {}

    def uses(self, revision: str) -> bool:
        """Whether the revision gets requests or has a tag."""
        serves = any(share.revision == revision and share.percent for share in self.shares)
        return serves or revision in self.tags.values()


def desired_targets(service: run_v2.Service) -> list[run_v2.TrafficTarget]:
    """The desired targets; an empty list means everything to the latest ready revision."""
    return list(service.traffic) or [run_v2.TrafficTarget(type_=LATEST, percent=100)]


def check_targets(targets: Sequence[run_v2.TrafficTarget], revisions: Collection[str]) -> None:
    """Checks targets as Cloud Run does. Raises `ApiError` (INVALID_ARGUMENT)."""
    for target in targets:
        _check_target(target, revisions)
    if targets and sum(target.percent for target in targets) != 100:
        raise invalid_argument("traffic: the percentages of all targets must sum to 100.")
    tags = [target.tag for target in targets if target.tag]
    if len(tags) != len(set(tags)):
        raise invalid_argument("traffic.tag: each tag may be used only once.")


def _check_target(target: run_v2.TrafficTarget, revisions: Collection[str]) -> None:
    if not 0 <= target.percent <= 100:
        raise invalid_argument("traffic.percent: must be between 0 and 100.")
    if target.tag and not _TAG.fullmatch(target.tag):
        raise invalid_argument(f"traffic.tag: '{target.tag}' is not a valid tag.")
    if target.type_ == LATEST and target.revision:
        raise invalid_argument("traffic.revision: must be empty for the latest revision.")
    if target.type_ == REVISION and target.revision not in revisions:
        raise invalid_argument(f"traffic.revision: revision '{target.revision}' does not exist.")
    if target.type_ not in (LATEST, REVISION):
        raise invalid_argument("traffic.type: must be LATEST or REVISION.")


def statuses_of(
    targets: Iterable[run_v2.TrafficTarget], uri_of_tag: Callable[[str], str]
) -> list[run_v2.TrafficTargetStatus]:
    """The targets as `traffic_statuses`, where LATEST names no revision."""
    return [
        run_v2.TrafficTargetStatus(
            type_=target.type_,
            revision=target.revision,
            percent=target.percent,
            tag=target.tag,
            uri=uri_of_tag(target.tag) if target.tag else "",
        )
        for target in targets
    ]


def routing_of(service: run_v2.Service) -> Routing:
    """The effective split of `service`, from its `traffic_statuses`."""
    latest = short(service.latest_ready_revision)
    shares: list[RevisionShare] = []
    tags: dict[str, str] = {}
    for status in service.traffic_statuses:
        revision = latest if status.type_ == LATEST else status.revision
        if status.percent:
            shares.append(RevisionShare(revision, status.percent))
        if status.tag:
            tags[status.tag] = revision
    return Routing(tuple(shares), tags)
