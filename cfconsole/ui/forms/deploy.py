"""The form of a deploy: image, strategy, limits and variables, and the request they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.durations import format_age, parse_duration
from cfconsole.domain.fleet.services import Container, Revision
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import DeployRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.ui.forms.fields import Field, FieldKind, Option
from cfconsole.ui.line_edit import LineEdit

_LIMITS = ("cpu", "memory")
_IMAGES = 12
RUN_TESTS = "run"


class DeployForm(Struct, frozen=True):
    """The fields, the cursor, and the line being typed. Values may be secret, so a form is never stored or logged."""

    template: Revision
    """The revision that the new one is made from."""
    revisions: tuple[Revision, ...]
    now: datetime
    base: DeployOptions
    """Options that the form does not show, such as the guards of a release."""
    fields: tuple[Field, ...] = ()
    at: int = 0
    typing: LineEdit | None = None
    error: str = ""
    """Why the last input can't be accepted."""

    @property
    def field(self) -> Field:
        return self.fields[self.at]

    def of(self, kind: FieldKind) -> Field:
        """The only field of its kind; an empty one if there is none."""
        return next((field for field in self.fields if field.kind is kind), Field(kind, ""))

    @property
    def on_plan(self) -> bool:
        """Whether the cursor is on the row that shows the plan."""
        return self.field.kind is FieldKind.PLAN

    def with_error(self, sentence: str) -> DeployForm:
        return replace(self, error=sentence)

    @property
    def container(self) -> str:
        return self.of(FieldKind.CONTAINER).now

    def moved(self, steps: int) -> DeployForm:
        """The form with the cursor moved, skipping rows that do not apply, around the ends."""
        at, step = self.at, 1 if steps > 0 else -1
        for _ in range(abs(steps)):
            at = (at + step) % len(self.fields)
            while not self.applies(self.fields[at]):
                at = (at + step) % len(self.fields)
        return replace(self, at=at, error="")

    def applies(self, field: Field) -> bool:
        """Whether the field means anything now: steps are for a canary only."""
        return field.kind is not FieldKind.STEPS or self.of(FieldKind.STRATEGY).now == Strategy.CANARY

    def with_field(self, field: Field) -> DeployForm:
        """The form with another field in place of the one under the cursor."""
        fields = (*self.fields[: self.at], field, *self.fields[self.at + 1 :])
        changed = replace(self, fields=fields, error="")
        return _for_container(changed) if field.kind is FieldKind.CONTAINER else changed


def deploy_form(template: Revision, revisions: Sequence[Revision], now: datetime, base: DeployOptions) -> DeployForm:
    """The form as it opens, with nothing changed yet."""
    form = DeployForm(template, tuple(revisions), now, base)
    main = _main(template).name
    containers = tuple(Option(one.name, "receives requests" if one.name == main else "") for one in template.containers)
    rows = [Field(FieldKind.CONTAINER, "container", main, options=containers)] if len(containers) > 1 else []
    rows += [Field(FieldKind.IMAGE, "image"), *_strategy_fields(base)]
    form = _for_container(replace(form, fields=tuple(rows)))
    return replace(form, at=next(n for n, field in enumerate(form.fields) if field.kind is FieldKind.IMAGE))


def source_form(template: Revision, revisions: Sequence[Revision], now: datetime, base: DeployOptions) -> DeployForm:
    """The form for a function, which is built from a directory instead of an image."""
    tests = (Option(RUN_TESTS, "must pass before the upload"), Option("skip"))
    rows = (Field(FieldKind.SOURCE, "source"), Field(FieldKind.TESTS, "tests", RUN_TESTS, options=tests))
    fields = (*rows, *_strategy_fields(base), *_settings(template, _main(template).name))
    return DeployForm(template, tuple(revisions), now, base, fields)


def _strategy_fields(base: DeployOptions) -> tuple[Field, ...]:
    """The fields of how the new revision takes its traffic."""
    strategies = tuple(Option(one.value, note) for one, note in _STRATEGIES.items())
    return (
        Field(FieldKind.STRATEGY, "strategy", base.strategy.value, options=strategies),
        Field(FieldKind.STEPS, "steps", ", ".join(map(str, base.steps))),
        Field(FieldKind.BAKE, "bake", _short_span(base.bake_s)),
    )


_STRATEGIES = {
    Strategy.ALL_AT_ONCE: "all traffic at once, then watched",
    Strategy.BLUE_GREEN: "probed under a tag first, then all traffic",
    Strategy.CANARY: "a few percent first, more while it stays healthy",
}


class UnpackedSource(Struct, frozen=True):
    """A source directory that has to be checked and packed before there is a request to plan."""

    directory: str
    run_tests: bool
    options: DeployOptions


def request_of(form: DeployForm) -> DeployRequest | UnpackedSource | str:
    """The request that the form makes; a sentence where something is missing or can't be read."""
    options = options_of(form)
    if isinstance(options, str):
        return options
    source = form.of(FieldKind.SOURCE)
    if not source.name:
        return DeployRequest(options)
    if not source.now:
        return "Enter the source directory of the function first."
    return UnpackedSource(source.now, form.of(FieldKind.TESTS).now == RUN_TESTS, options)


def options_of(form: DeployForm) -> DeployOptions | str:
    """The options that the form makes; a sentence if something typed can't be read."""
    try:
        steps = tuple(int(part.strip().removesuffix("%")) for part in form.of(FieldKind.STEPS).now.split(",") if part)
    except ValueError:
        return "Steps are rising percentages ending at 100, such as 5, 25, 50, 100."
    try:
        bake_s = parse_duration(form.of(FieldKind.BAKE).now.replace(" ", "") or "0s")
    except ValueError as error:
        return f"Bake: {error}."
    return replace(
        form.base,
        image=form.of(FieldKind.IMAGE).value or "",
        env=tuple((field.name, None if field.removed else field.value) for field in _changed(form, FieldKind.VARIABLE)),
        limits=tuple((field.name, field.value or "") for field in _changed(form, FieldKind.LIMIT)),
        container=form.container,
        strategy=Strategy(form.of(FieldKind.STRATEGY).now),
        steps=steps,
        bake_s=bake_s,
    )


def _changed(form: DeployForm, kind: FieldKind) -> Iterator[Field]:
    return (field for field in form.fields if field.kind is kind and field.changed)


def _for_container(form: DeployForm) -> DeployForm:
    """The form with image, limits and variables of the chosen container; strategy, steps and bake stay."""
    main = _main(form.template)
    name = form.container or main.name
    head = [
        Field(FieldKind.IMAGE, "image", image_of(form.template, name), options=tuple(_images(form, name)))
        if field.kind is FieldKind.IMAGE
        else field
        for field in form.fields
        if field.kind not in (FieldKind.LIMIT, FieldKind.VARIABLE, FieldKind.ADD, FieldKind.PLAN)
    ]
    return replace(form, fields=(*head, *_settings(form.template, name)))


def _settings(template: Revision, container: str) -> Iterator[Field]:
    """The fields for limits and variables of a container, and the last two of every form."""
    limits = dict(template.limits) if container == _main(template).name else {}
    for limit in dict.fromkeys((*_LIMITS, *limits)):
        yield Field(FieldKind.LIMIT, limit, limits.get(limit, ""))
    for variable, value in _variables(template, container):
        yield Field(FieldKind.VARIABLE, variable, value)
    yield Field(FieldKind.ADD, "+ variable")
    yield Field(FieldKind.PLAN, "show the plan")


def _main(template: Revision) -> Container:
    """The container that receives requests."""
    return next((one for one in template.containers if one.ports), next(iter(template.containers), Container()))


def image_of(revision: Revision, container: str) -> str:
    """The image of that container; empty if the revision has no such container."""
    if not container or container == _main(revision).name:
        return revision.image
    return next((one.image for one in revision.containers if one.name == container), "")


def _images(form: DeployForm, container: str) -> Iterator[Option]:
    """The image of the template, then those of earlier revisions, newest first, each once."""
    current = image_of(form.template, container)
    yield Option(current, f"current, from {form.template.short}")
    seen = {current, ""}
    for revision in sorted(form.revisions, key=lambda one: one.created_at, reverse=True):
        image = image_of(revision, container)
        if image not in seen and len(seen) < _IMAGES:
            seen.add(image)
            age = format_age((form.now - revision.created_at).total_seconds())
            yield Option(image, f"of {revision.short}, {age}{'' if revision.ready else ', not Ready'}")


def _variables(template: Revision, container: str) -> Iterator[tuple[str, str]]:
    """Names and displayed values of a container's variables; those of side-cars have its name as a prefix."""
    prefix = "" if container == _main(template).name else f"{container}: "
    for variable in template.env:
        owner, colon, name = variable.name.rpartition(": ")
        if owner + colon == prefix:
            yield name, variable.display


def _short_span(seconds: float) -> str:
    """A duration as it is typed: `2m`, `1m30s`, `0s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{f'{minutes}m' if minutes else ''}{f'{rest}s' if rest or not minutes else ''}"
