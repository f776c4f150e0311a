"""Update masks of services: the fields a write can change, and the change itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from cfconsole.emulator.errors import invalid_argument, revision_conflict
from cfconsole.emulator.world.names import short

MUTABLE = (
    "description",
    "labels",
    "annotations",
    "client",
    "client_version",
    "ingress",
    "launch_stage",
    "binary_authorization",
    "template",
    "traffic",
    "scaling",
    "invoker_iam_disabled",
    "default_uri_disabled",
    "iap_enabled",
    "custom_audiences",
    "build_config",
)
"""The fields of a service that callers can set; the others are read-only."""


def merged(current: run_v2.Service, sent: run_v2.Service, paths: Sequence[str]) -> run_v2.Service:
    """`current` with the fields in `paths` taken from `sent`; without paths, all mutable ones.

    A camelCase path is ALREADY_EXISTS, which is the real service's surprising answer; any other unknown or read-only
    path is INVALID_ARGUMENT.
    """
    if not paths or list(paths) == ["*"]:
        paths = MUTABLE
    for path in paths:
        _check(path, current)
    result = run_v2.Service(current)
    mask = field_mask_pb2.FieldMask(paths=paths)
    mask.MergeMessage(run_v2.Service.pb(sent), run_v2.Service.pb(result), True, True)
    return result


def _check(path: str, current: run_v2.Service) -> None:
    descriptor: Any = run_v2.Service.pb().DESCRIPTOR
    known = field_mask_pb2.FieldMask(paths=[path]).IsValidForDescriptor(descriptor)
    if not known and path != path.lower():
        raise revision_conflict(current.template.revision or short(current.latest_created_revision))
    if not known or path.partition(".")[0] not in MUTABLE:
        raise invalid_argument(f"update_mask: '{path}' is not a field of Service that can be updated.")
