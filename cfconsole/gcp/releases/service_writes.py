"""Update requests to Cloud Run: the mask, and the changed template, traffic split or scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from google.cloud import run_v2

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.steps import (
    CANDIDATE,
    CREATE_MASK,
    SCALING_MASK,
    TRAFFIC_MASK,
    EnvChange,
    Scaling,
    TemplateChange,
)
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.gcp.protos.messages import Proto
from cfconsole.gcp.protos.revisions import main_container
from cfconsole.gcp.protos.services import traffic_to

RESTART_ANNOTATION = "cfconsole/restarted-at"
"""Changes an otherwise equal template, because Cloud Run creates no revision for an equal one."""

API = "Cloud Run"


def update_request(
    key: ServiceKey, write: ServiceWrite, etag: str, current: Proto | None
) -> run_v2.UpdateServiceRequest:
    """The request that makes `write` (Cloud Run v2 `UpdateService`); `current` is the service whose template changes.

    Raises `CloudError` (INVALID) for a change that does not fit the template, and `ValueError` for a write that must
    not be sent: an unknown mask, or no targets, which the API reads as "all traffic to the latest revision".
    """
    service = run_v2.Service.pb(run_v2.Service(name=key.path, etag=etag))
    match write.mask:
        case mask if mask == TRAFFIC_MASK:
            _set_traffic(service, write.targets)
        case mask if mask == CREATE_MASK:
            _set_traffic(service, write.targets)
            _set_template(service, write, current)
        case mask if mask == SCALING_MASK:
            _set_scaling(service, write.scaling)
        case _:
            raise ValueError(f"no write changes {', '.join(write.mask) or 'nothing'}")
    return run_v2.UpdateServiceRequest(service=service, update_mask={"paths": list(write.mask)})


def _set_traffic(service: Proto, targets: Sequence[Target]) -> None:
    if not targets:
        raise ValueError("a split needs at least one target")
    if any(target.revision == CANDIDATE for target in targets):
        raise ValueError("a split can't name a revision that has no name yet")
    service.traffic.extend(run_v2.TrafficTarget.pb(target) for target in traffic_to(targets))


def _set_scaling(service: Proto, scaling: Scaling | None) -> None:
    """Sets the scaling; for the API, a maximum of zero means no maximum."""
    if scaling is None:
        raise ValueError("a write of the scaling needs one")
    service.scaling.min_instance_count = scaling.min_instances
    service.scaling.max_instance_count = scaling.max_instances or 0


def _set_template(service: Proto, write: ServiceWrite, current: Proto | None) -> None:
    """Sends the current template with the change made; fields unknown to this version stay as they are."""
    if write.change is None or current is None:
        raise ValueError("a new revision needs a change, and the template to change")
    service.template.CopyFrom(current.template)
    change_template(service.template, write.change, dict(write.values))


def change_template(template: Proto, change: TemplateChange, values: Mapping[str, str]) -> None:
    """Changes a raw `RevisionTemplate` in place. Raises `CloudError` (INVALID), whose text holds no secrets."""
    # Left in, the name of the newest revision would make the API refuse the write as a change of that revision.
    template.revision = ""
    if change.restart:
        template.annotations[RESTART_ANNOTATION] = change.restart
    container = _container_to_change(template.containers, change.container)
    if change.image:
        container.image = change.image
    for name, quantity in change.limits:
        container.resources.limits[name] = quantity
    for variable in change.env:
        _change_variable(container, variable, values)


def _container_to_change(containers: Sequence[Proto], name: str) -> Proto:
    """The container of that name; without a name, the one that takes requests."""
    if name:
        found = [container for container in containers if container.name == name]
        if not found:
            raise _invalid(f"the service has no container {name!r}; name one of its containers")
        return found[0]
    with_ports = [container for container in containers if container.ports]
    main = main_container(containers)
    if main is None or (len(containers) > 1 and len(with_ports) != 1):
        raise _invalid("it is unclear which container takes requests; name the one to change")
    return main


def _change_variable(container: Proto, variable: EnvChange, values: Mapping[str, str]) -> None:
    """Sets or removes a variable. It keeps its position, because later variables may refer to it."""
    if not variable.removed and variable.name not in values:
        raise _invalid(f"the value of {variable.name} is no longer known; plan the deploy again")
    places = [place for place, present in enumerate(container.env) if present.name == variable.name]
    if variable.removed:
        for place in reversed(places):
            del container.env[place]
        return
    changed = run_v2.EnvVar.pb(run_v2.EnvVar(name=variable.name, value=values[variable.name]))
    (container.env[places[0]] if places else container.env.add()).CopyFrom(changed)


def _invalid(sentence: str) -> CloudError:
    return CloudError(ErrorKind.INVALID, f"Nothing was written: {sentence}.", api=API)
