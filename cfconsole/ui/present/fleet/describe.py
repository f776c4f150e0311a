"""A service as text, from the state on the screen."""

from __future__ import annotations

from collections.abc import Iterator

from cfconsole.domain.fleet.services import Health, Revision, Service
from cfconsole.domain.releases.split_text import format_split
from cfconsole.ui.present import words
from cfconsole.ui.present.fleet.detail import ServiceDetail


def describe_lines(subject: ServiceDetail) -> list[str]:
    rows = [f"{name:<16}{value}" for name, value in _facts(subject)]
    for revision in subject.revisions or ():
        rows += ["", *_revision(revision)]
    return rows


def _facts(subject: ServiceDetail) -> Iterator[tuple[str, str]]:
    service = subject.service
    name = service.key.name
    also = ", pinned" if service.pinned and subject.health is not Health.PINNED else ""
    yield "state", words.MARKS[subject.health].word + also
    if service.condition.message:
        yield "condition", f"{service.condition.reason} {service.condition.message}".strip()
    if subject.suspect:
        yield "suspect", f"{subject.suspect.revision}: {subject.suspect.sentence}"
    yield "serves", format_split(service.effective, name)
    yield "desired", format_split(service.desired, name)
    yield "latest created", service.latest_created or words.ABSENT
    yield "latest ready", service.latest_ready or words.ABSENT
    yield "address", service.uri or words.ABSENT
    yield "ingress", service.ingress or words.ABSENT
    yield "instances", _limits(service)
    yield "changed", _changed(service)
    if function := service.function:
        yield "function", f"{function.name}, {function.state}, {function.runtime}, {function.entry_point}"
        for message in function.messages:
            yield "", message
    for label, value in service.labels:
        yield "label", f"{label} = {value}"


def _limits(service: Service) -> str:
    maximum = service.max_instances if service.max_instances is not None else "the default"
    return f"{service.min_instances} to {maximum}"


def _changed(service: Service) -> str:
    when = f"{service.updated_at:%Y-%m-%d %H:%M:%S} UTC" if service.updated_at else words.ABSENT
    return f"{when} by {service.updated_by}" if service.updated_by else when


def _revision(revision: Revision) -> Iterator[str]:
    state = "ready" if revision.ready else "retired" if revision.retired else revision.condition.state or "not ready"
    yield f"{revision.name}  {state}"
    yield f"  created       {revision.created_at:%Y-%m-%d %H:%M:%S} UTC by {revision.created_by or words.ABSENT}"
    yield f"  image         {revision.image or words.ABSENT}"
    if revision.condition.message:
        yield f"  condition     {revision.condition.message}"
    if revision.limits:
        yield f"  limits        {', '.join(f'{name} {value}' for name, value in revision.limits)}"
    if revision.service_account:
        yield f"  runs as       {revision.service_account}"
    for variable in revision.env:
        yield f"  env           {variable.name} = {variable.display}"
