"""Reads the options of `cfconsole deploy`, from an image or from source. A wrong value is one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click
from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import option_group
from cfconsole.config import ReleaseSettings
from cfconsole.domain.durations import parse_duration
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.steps import Strategy


class StepOptions(Struct, frozen=True):
    """The rollout options as written. Empty ones fall back to the configuration."""

    strategy: str = ""
    steps: str = ""
    bake: str = ""
    delete_failed: bool = False


class TemplateOptions(Struct, frozen=True):
    """The template options of the new revision, as written."""

    image: str = ""
    env: tuple[str, ...] = ()
    remove_env: tuple[str, ...] = ()
    cpu: str = ""
    memory: str = ""
    container: str = ""


def configured_options(releases: ReleaseSettings, service: str) -> DeployOptions:
    """The configured rollout of new revisions of a service."""
    return DeployOptions(
        strategy=Strategy(releases.strategy),
        steps=releases.steps,
        bake_s=float(releases.bake),
        policy=releases.policy(service),
    )


def deploy_options(
    template: TemplateOptions,
    steps: StepOptions,
    releases: ReleaseSettings,
    service: str,
    environment: Mapping[str, str],
) -> DeployOptions:
    """The options as written, over those of the configuration. Raises `Stop` (usage)."""
    limits = (("cpu", template.cpu), ("memory", template.memory))
    configured = configured_options(releases, service)
    return replace(
        configured,
        image=template.image,
        env=tuple(_variables(template, environment)),
        limits=tuple((name, value) for name, value in limits if value),
        container=template.container,
        strategy=Strategy(steps.strategy) if steps.strategy else configured.strategy,
        steps=parse_steps(steps.steps) if steps.steps else configured.steps,
        bake_s=parse_bake(steps.bake) if steps.bake else configured.bake_s,
        policy=replace(releases.policy(service), delete_failed=steps.delete_failed),
    )


def parse_steps(text: str) -> tuple[int, ...]:
    """Parses percentages such as `5,25,50,100`. The planner checks whether they make sense. Raises `Stop`."""
    parts = tuple(part.strip().removesuffix("%") for part in text.split(","))
    if not all(part.isdecimal() and part.isascii() for part in parts):
        raise Stop(f"--steps {text[:40]!r}: write percentages like 5,25,50,100.", Exit.USAGE)
    return tuple(map(int, parts))


def parse_bake(text: str) -> float:
    """A duration in seconds. Raises `Stop`."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Stop(f"--bake: {error}.", Exit.USAGE) from error


def _variables(template: TemplateOptions, environment: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """Raises `Stop`, which never shows a value: it may be secret."""
    for text in template.env:
        name, equals, value = text.partition("=")
        if not equals and name not in environment:
            raise Stop(
                f"--env {name[:40]!r} has no value: write NAME=VALUE, or export the variable and name it.", Exit.USAGE
            )
        yield name, value if equals else environment[name]
    for name in template.remove_env:
        yield name, None


class SourceOptions(Struct, frozen=True):
    """The source directory and what the function runs. Empty options stay as they are."""

    directory: str = ""
    runtime: str = ""
    entry_point: str = ""
    run_tests: bool = True
    create: bool = False


source_options = option_group(
    "source",
    SourceOptions,
    click.option(
        "--source",
        "directory",
        metavar="DIR",
        default="",
        help="Directory to build the function from, after local checks.",
    ),
    click.option(
        "--tests/--no-tests", "run_tests", default=True, help="With --source: run the function's tests first."
    ),
    click.option("--runtime", metavar="NAME", default="", help="With --source: the runtime, e.g. python312."),
    click.option("--entry-point", metavar="NAME", default="", help="With --source: the function to call."),
    click.option("--create", is_flag=True, help="Create the function from --source; it must not exist yet."),
)
"""Gives a command the options of a deploy from source."""


def check_source(source: SourceOptions, *, other: bool) -> None:
    """Raises `Stop` (usage) for options that contradict each other. `other`: an image or a container is named."""
    if not source.directory:
        if source != SourceOptions():
            raise Stop("--tests, --runtime, --entry-point and --create go with --source DIR.", Exit.USAGE)
        return
    if other:
        raise Stop("--source builds the function's one container; leave out --image and --container.", Exit.USAGE)
    if source.create and not (source.runtime and source.entry_point):
        raise Stop("A new function needs --runtime, such as python312, and --entry-point.", Exit.USAGE)
