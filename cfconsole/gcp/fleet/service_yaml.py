"""A service as text to read: everything the API says, as YAML, without secret values."""

from __future__ import annotations

import re
from typing import Any

import yaml
from google.protobuf.json_format import MessageToDict

from cfconsole.domain.text import Scrubber, mask_env
from cfconsole.gcp.protos.messages import Proto

_WIDEST = 1_000_000
"""PyYAML folds longer lines; a screen lays them out by its own width."""


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would read as a number, and writes text of several lines as a block."""


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:0o[0-7]+|\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)$"),
    list("-+.0123456789"),
)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Other line breaks than \n do not survive unless they are escaped, which only double quotes do.
    style = '"' if re.search("[\r\x85\u2028\u2029]", text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


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
    return scrub(yaml_text(fields).rstrip("\n"))


def yaml_text(value: Any) -> str:
    """The value as one YAML document that every reader of YAML 1.1 or 1.2 reads back as the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDEST)
