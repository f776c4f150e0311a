"""A service as YAML: all fields that the API returns, without secret values."""

from __future__ import annotations

import re
from typing import Any

import yaml
from google.protobuf.json_format import MessageToDict

from cfconsole.domain.text import Scrubber, mask_env
from cfconsole.gcp.protos.messages import Proto

_WIDEST = 1_000_000
"""The line width for PyYAML, so wide that it folds nothing; the screen wraps lines itself."""


class _Dumper(yaml.SafeDumper):
    """Quotes texts that YAML 1.1 or 1.2 reads as numbers, and writes text of several lines as a block."""


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:0o[0-7]+|\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)$"),
    list("-+.0123456789"),
)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Only double quotes escape line breaks other than \n, which are lost otherwise.
    style = '"' if re.search("[\r\x85\u2028\u2029]", text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def describe_service(pb: Proto, scrub: Scrubber, salt: bytes) -> str:
    """All set fields of a Cloud Run v2 `Service`, with names as in the API and masked environment values."""
    fields: dict[str, Any] = MessageToDict(pb)
    for container in fields.get("template", {}).get("containers", []):
        for variable in container.get("env", []):
            if "value" in variable:
                variable["value"] = mask_env(variable["name"], variable["value"], salt).display
    build = fields.get("buildConfig", {})
    if "environmentVariables" in build:
        build["environmentVariables"] = {
            k: mask_env(k, v, salt).display for k, v in build["environmentVariables"].items()
        }
    return scrub(yaml_text(fields).rstrip("\n"))


def yaml_text(value: Any) -> str:
    """The value as a YAML document, which readers of YAML 1.1 and 1.2 read back as the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDEST)
