"""The options that work on every command, whether they stand before or after its name, and families of options."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])


class GlobalOptions(NamedTuple):
    """What was asked for; nothing is resolved yet."""

    context: str = ""
    projects: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    read_only: bool = False
    config: Path | None = None


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Adds what stands here to what stood before: the word nearest to the command wins, lists grow."""
    kept = context.ensure_object(dict)
    if value not in (None, (), False):
        name = str(parameter.name)
        kept[name] = kept.get(name, ()) + value if isinstance(value, tuple) else value
    return value


_OPTIONS = (
    click.option("--context", "context_", metavar="NAME", help="A context of the configuration."),
    click.option("--project", "projects", metavar="P", multiple=True, help="Project to use; may be repeated."),
    click.option("--region", "regions", metavar="R", multiple=True, help="Only this region; may be repeated."),
    click.option("--read-only", is_flag=True, help="Refuse every change."),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="The configuration file, instead of the one in the XDG directory.",
    ),
)


def global_options(command: CommandFunction) -> CommandFunction:
    """Gives a command the global options; read them with `invocation_options`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    for parameter in getattr(command, "__click_params__", []):
        if parameter.name in {"context_", "projects", "regions", "read_only", "config"}:
            parameter.callback = _keep
            parameter.expose_value = False
    return command


def option_group(
    name: str, make: Callable[..., object], *options: Callable[..., Any]
) -> Callable[[CommandFunction], CommandFunction]:
    """Gives a command a family of options as the one value `name`, which `make` builds of them by their names."""

    def give(command: CommandFunction) -> CommandFunction:
        @functools.wraps(command)
        def with_value(*args: Any, **given: Any) -> Any:
            value = make(**{option: given.pop(option) for option in family})
            return command(*args, **{name: value}, **given)

        before = len(getattr(command, "__click_params__", ()))
        for option in reversed(options):
            option(with_value)
        family = [parameter.name for parameter in getattr(with_value, "__click_params__", [])[before:]]
        return cast(CommandFunction, with_value)

    return give


def invocation_options(context: click.Context) -> GlobalOptions:
    """The global options of this invocation."""
    kept = context.ensure_object(dict)
    return GlobalOptions(
        context=kept.get("context_", ""),
        projects=kept.get("projects", ()),
        regions=kept.get("regions", ()),
        read_only=kept.get("read_only", False),
        config=kept.get("config"),
    )
