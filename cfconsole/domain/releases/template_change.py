"""The revision that results from a change of its template."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Container, EnvVar, Revision
from cfconsole.domain.releases.steps import EnvChange, TemplateChange


def with_change(template: Revision, change: TemplateChange) -> Revision:
    """The revision that the change would create, as far as is known; limits are those of the main container."""
    main = _is_main(template, change.container)
    containers = tuple(_with_image(container, change) for container in template.containers)
    limits = {**dict(template.limits), **dict(change.limits)} if main else dict(template.limits)
    return replace(
        template,
        image=change.image if change.image and main else template.image,
        env=tuple(_environment(template, change, "" if main else f"{change.container}: ")),
        limits=tuple(sorted(limits.items())),
        containers=containers,
    )


def makes_new_revision(template: Revision, change: TemplateChange) -> bool:
    """Whether the change would create a new revision: the API creates none for an equal template.

    A variable that is set counts as changed, because masked values can't be compared.
    """
    main = _is_main(template, change.container)
    present = {variable.name for variable in template.env}
    prefix = "" if main else f"{change.container}: "
    env = any(not one.removed or prefix + one.name in present for one in change.env)
    made = with_change(template, change)
    other = (made.image, made.containers) != (template.image, template.containers)
    limits = dict(made.limits) != dict(template.limits) or bool(change.limits and not main)
    return bool(change.restart) or env or other or limits


def could_result_from(change: TemplateChange, revision: Revision) -> bool:
    """Whether this change may have created a revision: its image and its variables are there."""
    images = [container.image for container in revision.containers if container.name == change.container]
    image = images[0] if images else revision.image
    names = {variable.name.rpartition(": ")[2] for variable in revision.env}
    return _same_image(change.image, image) and all(one.removed or one.name in names for one in change.env)


def _is_main(template: Revision, container: str) -> bool:
    main = next((one for one in template.containers if one.ports), None) or next(iter(template.containers), Container())
    return container in ("", main.name)


def _with_image(container: Container, change: TemplateChange) -> Container:
    concerned = not change.container or container.name == change.container
    return replace(container, image=change.image) if change.image and concerned else container


def _environment(template: Revision, change: TemplateChange, prefix: str) -> Iterator[EnvVar]:
    changes: dict[str, EnvChange] = {prefix + one.name: one for one in change.env}
    for variable in template.env:
        change_of = changes.pop(variable.name, None)
        if change_of is None:
            yield variable
        elif not change_of.removed:
            yield EnvVar(variable.name, change_of.display)
    for name, one in changes.items():
        if not one.removed:
            yield EnvVar(name, one.display)


def _same_image(requested: str, found: str) -> bool:
    """Whether `requested` may have become `found`; Cloud Run resolves tags to digests, so only two of a kind differ."""
    if not requested or requested == found:
        return True
    by_digest = ["@" in image for image in (requested, found)]
    return _repository(requested) == _repository(found) and by_digest == [False, True]


def _repository(image: str) -> str:
    path, slash, name = image.partition("@")[0].rpartition("/")
    return path + slash + name.partition(":")[0]
