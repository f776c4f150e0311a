"""Cloud Run revisions: from protobuf to domain values. No secret value leaves this module."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from google.cloud import run_v2
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Condition, Container, EnvVar, Revision, ServiceKey
from cfconsole.domain.text import Scrubber, mask_env, secret_env
from cfconsole.gcp.protos.messages import Proto, last_part, moment
from cfconsole.gcp.protos.services import condition_from

_EPOCH = datetime.fromtimestamp(0, UTC)
_SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
_RETIRED = frozenset({run_v2.Condition.RevisionReason.RETIRED, run_v2.Condition.RevisionReason.RETIRING})


def revision_from(pb: Proto, key: ServiceKey, scrub: Scrubber, salt: bytes) -> Revision:
    """A revision, from Cloud Run v2 `Revision`."""
    ready = next((c for c in pb.conditions if c.type_ == "Ready"), None)
    main = main_container(pb.containers)
    return Revision(
        name=scrub.line(last_part(pb.name)),
        service=key,
        created_at=moment(pb, "create_time") or _EPOCH,
        created_by=scrub.line(pb.creator),
        ready=ready is not None and ready.state == _SUCCEEDED,
        retired=any(c.revision_reason in _RETIRED for c in pb.conditions),
        condition=condition_from(ready, scrub) if ready is not None else Condition(),
        image=scrub.line(main.image) if main is not None else "",
        env=tuple(_env(pb.containers, scrub, salt)),
        limits=tuple(sorted((scrub.line(k), scrub.line(v)) for k, v in main.resources.limits.items())) if main else (),
        service_account=scrub.line(pb.service_account),
        min_instances=pb.scaling.min_instance_count,
        max_instances=pb.scaling.max_instance_count or None,
        concurrency=pb.max_instance_request_concurrency or None,
        timeout_s=pb.timeout.seconds + pb.timeout.nanos / 1e9 if pb.HasField("timeout") else None,
        log_uri=scrub.line(pb.log_uri),
        containers=tuple(_container(c, scrub) for c in pb.containers),
    )


def main_container(containers: Iterable[Proto]) -> Proto | None:
    """The container that takes requests, which is the one with ports; the others are sidecars."""
    every = list(containers)
    return next((c for c in every if c.ports), every[0] if every else None)


def _container(pb: Proto, scrub: Scrubber) -> Container:
    """A container. The name of its port is the protocol (Cloud Run v2 `ContainerPort.name`: `http1`, `h2c`)."""
    http2 = any(port.name == "h2c" for port in pb.ports)
    return Container(scrub.line(pb.name), scrub.line(pb.image), bool(pb.ports), http2)


def _env(containers: Iterable[Proto], scrub: Scrubber, salt: bytes) -> Iterable[EnvVar]:
    """The variables of all containers; those of sidecars are prefixed with the container's name."""
    every = list(containers)
    main = main_container(every)
    for container in every:
        prefix = "" if container is main or not container.name else f"{container.name}: "
        for variable in container.env:
            masked = env_from(variable, scrub, salt)
            yield replace(masked, name=scrub.line(prefix + masked.name))


def env_from(pb: Proto, scrub: Scrubber, salt: bytes) -> EnvVar:
    """One variable (Cloud Run v2 `EnvVar`): masked, or the name of the secret it refers to."""
    if pb.WhichOneof("values") == "value_source":
        reference = pb.value_source.secret_key_ref
        return secret_env(pb.name, reference.secret, reference.version)
    masked = mask_env(pb.name, pb.value, salt)
    return replace(masked, display=scrub.line(masked.display))
