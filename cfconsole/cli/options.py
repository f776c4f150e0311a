"""The global options, which may stand before or after a command's name, and groups of options as one value."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])


class GlobalOptions(NamedTuple):
    """The global options as written."""

    context: str = ""
    projects: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    read_only: bool = False
    config: Path | None = None


def _merge(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Merges options given before and after the command name: the last one wins, lists are appended."""
    values = context.ensure_object(dict)
    if value not in (None, (), False):
        name = str(parameter.name)
        values[name] = values.get(name, ()) + value if isinstance(value, tuple) else value
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
    """Adds the global options to a command; `invocation_options` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    for parameter in getattr(command, "__click_params__", []):
        if parameter.name in {"context_", "projects", "regions", "read_only", "config"}:
            parameter.callback = _merge
            parameter.expose_value = False
    return command


def option_group(
    name: str, make: Callable[..., object], *options: Callable[..., Any]
) -> Callable[[CommandFunction], CommandFunction]:
    """Adds a group of options to a command as the one parameter `name`, which `make` builds from their values."""

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
    values = context.ensure_object(dict)
    return GlobalOptions(
        context=values.get("context_", ""),
        projects=values.get("projects", ()),
        regions=values.get("regions", ()),
        read_only=values.get("read_only", False),
        config=values.get("config"),
    )
