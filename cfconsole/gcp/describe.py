"""A service as text to read: everything the API says, in YAML's shape, without secret values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict

from cfconsole.domain.text import Scrubber, mask_env
from cfconsole.gcp.protos import Proto

_NEEDS_QUOTES = frozenset("!&*[]{}#|>@`\"'%,?:-")
_WORDS_WITH_MEANING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "~", ""})


def describe_service(pb: Proto, scrub: Scrubber, salt: bytes) -> str:
    """All set fields of a Cloud Run v2 `Service`, names as in the API, environment values masked."""
    fields: dict[str, Any] = MessageToDict(pb)
    for container in fields.get("template", {}).get("containers", []):
        for variable in container.get("env", []):
            if "value" in variable:
                variable["value"] = mask_env(variable["name"], variable["value"], salt).shown
    build = fields.get("buildConfig", {})
    if "environmentVariables" in build:
        build["environmentVariables"] = {
            k: mask_env(k, v, salt).shown for k, v in build["environmentVariables"].items()
        }
    return scrub("\n".join(yaml_lines(fields)))


def yaml_lines(value: Any, indent: str = "") -> Iterator[str]:
    """Lines of a mapping or a list as YAML; scalars are quoted only where they could be misread."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _entry(f"{indent}{_scalar(str(key), indent)}:", each, indent)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _item(each, indent)
    else:
        yield indent + _scalar(value, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from yaml_lines(value, indent if isinstance(value, list) else indent + "  ")
    else:
        yield f"{head} {_scalar(value, indent + '  ')}"


def _item(value: Any, indent: str) -> Iterator[str]:
    """A list's item: its first line carries the dash."""
    lines = yaml_lines(value, indent + "  ")
    first = next(lines, None)
    yield (
        f"{indent}- {first.removeprefix(indent + '  ')}" if first is not None else f"{indent}- {_scalar(value, indent)}"
    )
    yield from lines


def _scalar(value: Any, indent: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case str():
            return _text(value, indent)
        case Mapping():
            return "{}"
        case list():
            return "[]"
        case _:
            return str(value)


def _text(text: str, indent: str) -> str:
    if "\n" in text:
        return "|\n" + "\n".join(f"{indent}{line}" for line in text.splitlines())
    risky = text.lower() in _WORDS_WITH_MEANING or text[0] in _NEEDS_QUOTES or ": " in text or " #" in text
    numeric = text.replace(".", "", 1).isdigit()
    return "'" + text.replace("'", "''") + "'" if risky or numeric else text
