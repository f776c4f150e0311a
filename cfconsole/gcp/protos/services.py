"""Cloud Run services: from protobuf to domain values, and traffic targets back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from google.cloud import run_v2

from cfconsole.domain.fleet.services import Condition, Function, Service, ServiceKey, ServiceKind
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import Proto, enum_name, last_part, moment

_TO_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_TO_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION

MANAGED_BY_FUNCTIONS = ("goog-managed-by", "cloudfunctions")
"""The label of services that the Functions API created."""


def service_from(pb: Proto, key: ServiceKey, function: Function | None, scrub: Scrubber) -> Service:
    """A service, from Cloud Run v2 `Service`."""
    latest_ready = last_part(pb.latest_ready_revision)
    return Service(
        key=key,
        kind=_kind(pb, function),
        uri=scrub.line(pb.uri),
        etag=pb.etag,
        generation=pb.generation,
        observed_generation=pb.observed_generation,
        reconciling=pb.reconciling,
        condition=condition_from(pb.terminal_condition, scrub),
        desired=tuple(_desired(pb.traffic, scrub)),
        effective=tuple(_effective(pb.traffic_statuses, latest_ready, scrub)),
        latest_created=scrub.line(last_part(pb.latest_created_revision)),
        latest_ready=scrub.line(latest_ready),
        created_at=moment(pb, "create_time"),
        updated_at=moment(pb, "update_time"),
        updated_by=scrub.line(pb.last_modifier),
        min_instances=max(pb.scaling.min_instance_count, pb.template.scaling.min_instance_count),
        max_instances=_max_instances(pb),
        ingress=enum_name(pb, "ingress").removeprefix("INGRESS_TRAFFIC_").lower().replace("_", "-"),
        function=function,
        labels=tuple(sorted((scrub.line(k), scrub.line(v)) for k, v in pb.labels.items())),
    )


def condition_from(pb: Proto, scrub: Scrubber) -> Condition:
    """A condition; of its three reason fields at most one is set."""
    reason_field = pb.WhichOneof("reasons")
    state = enum_name(pb, "state").removeprefix("CONDITION_").lower()
    return Condition(
        state="" if state == "state_unspecified" else state,
        reason=enum_name(pb, reason_field) if reason_field else "",
        message=scrub(pb.message),
    )


def traffic_to(targets: Iterable[Target]) -> list[run_v2.TrafficTarget]:
    """The desired split as Cloud Run takes it: short revision names, LATEST as a type of its own."""
    return [
        run_v2.TrafficTarget(
            type_=_TO_LATEST if target.revision == LATEST else _TO_REVISION,
            revision=target.revision,
            percent=target.percent,
            tag=target.tag,
        )
        for target in targets
    ]


def _desired(traffic: Sequence[Proto], scrub: Scrubber) -> Iterable[Target]:
    """The desired split. An empty list means all traffic to the latest ready revision."""
    if not traffic:
        yield Target(LATEST, 100)
    for each in traffic:
        revision = LATEST if each.type_ == _TO_LATEST else scrub.line(last_part(each.revision))
        yield Target(revision, each.percent, scrub.line(each.tag))


def _effective(statuses: Sequence[Proto], latest_ready: str, scrub: Scrubber) -> Iterable[Share]:
    for each in statuses:
        latest = each.type_ == _TO_LATEST
        revision = last_part(each.revision) or (latest_ready if latest else "")
        yield Share(scrub.line(revision), each.percent, scrub.line(each.tag), scrub.line(each.uri), latest)


def _kind(pb: Proto, function: Function | None) -> ServiceKind:
    if function is not None:
        return ServiceKind.FUNCTION
    return ServiceKind.RUN_FUNCTION if pb.build_config.function_target else ServiceKind.SERVICE


def _max_instances(pb: Proto) -> int | None:
    """The smaller of the service's and the revision's limit; 0 means not set."""
    limits = [n for n in (pb.scaling.max_instance_count, pb.template.scaling.max_instance_count) if n]
    return min(limits) if limits else None
