"""The differences between two revisions. Environment variables appear by name, never by value."""

from __future__ import annotations

from collections.abc import Iterator

from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.releases.model import Difference

ABSENT = "-"


def differences(before: Revision, after: Revision) -> tuple[Difference, ...]:
    """The differences that matter when traffic moves from one revision to the other."""
    plain = (
        ("image", short_image(before.image), short_image(after.image), before.image != after.image),
        *_plain_settings(before, after),
    )
    found = [Difference(what, old, new) for what, old, new, differ in plain if differ]
    return (*found, *_environment(before, after))


def short_image(image: str) -> str:
    """The last path part of an image with 12 digits of its digest, enough to tell two builds apart."""
    name, at, digest = image.rpartition("/")[2].partition("@sha256:")
    return f"{name}@{digest[:12]}" if at else name or ABSENT


def _plain_settings(before: Revision, after: Revision) -> Iterator[tuple[str, str, str, bool]]:
    old_limits, new_limits = dict(before.limits), dict(after.limits)
    for name in sorted({*old_limits, *new_limits}):
        yield _setting(f"limit {name}", old_limits.get(name), new_limits.get(name))
    yield _setting("service account", before.service_account, after.service_account)
    yield _setting("concurrency", before.concurrency, after.concurrency)
    yield _setting("timeout", _seconds(before.timeout_s), _seconds(after.timeout_s))
    yield _setting("min instances", before.min_instances, after.min_instances)
    yield _setting("max instances", before.max_instances, after.max_instances)


def _setting(what: str, old: str | int | None, new: str | int | None) -> tuple[str, str, str, bool]:
    return what, _value_text(old), _value_text(new), old != new


def _value_text(value: str | int | None) -> str:
    return ABSENT if value in (None, "") else str(value)


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:g} s"


def _environment(before: Revision, after: Revision) -> Iterator[Difference]:
    old = {variable.name: variable for variable in before.env}
    new = {variable.name: variable for variable in after.env}
    for name in sorted({*old, *new}):
        if name not in new:
            yield Difference(f"env {name}", "set", ABSENT)
        elif name not in old:
            yield Difference(f"env {name}", ABSENT, "set")
        elif old[name] != new[name]:
            yield Difference(f"env {name}", "set", "changed")
