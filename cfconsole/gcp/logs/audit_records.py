"""The change that an audit record describes: a new revision or a traffic split, where that is certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class AuditedChange(NamedTuple):
    """What a call changed; empty where the record does not say."""

    revision: str = ""
    """The revision that the call created."""
    split: tuple[tuple[str, int], ...] = ()
    """The targets of a call that changed nothing but traffic: revision (empty for the latest one) and percent."""


NO_CHANGE = AuditedChange()


def audited_change(method: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> AuditedChange:
    """The change made by a call, from `request` and `response` of its `AuditLog`. Both come without containers.

    The mask of Cloud Run v2 `UpdateService` names what it changed. v1 `ReplaceService` sends the whole service: it is a
    deploy if its template names another revision than the response, which still shows the newest one before the call.
    No record holds the name of a revision that Google names.
    """
    match method.rpartition(".")[2]:
        case "UpdateService":
            return _update_change(request)
        case "ReplaceService":
            named = _text(request, "service", "spec", "template", "metadata", "name")
            before = _text(response, "status", "latestCreatedRevisionName")
            return AuditedChange(revision=named) if named and before and named != before else NO_CHANGE
        case _:
            return NO_CHANGE


def _update_change(request: Mapping[str, Any]) -> AuditedChange:
    changed = {path.partition(".")[0] for path in _mask(request)}
    if changed == {"traffic"}:
        return AuditedChange(split=_split(_map(request, "service").get("traffic")))
    named = _text(request, "service", "template", "revision")
    return AuditedChange(revision=named) if "template" in changed and named else NO_CHANGE


def _mask(request: Mapping[str, Any]) -> list[str]:
    """The paths of the update mask, which is a single string in JSON."""
    mask = request.get("updateMask")
    return [path.strip() for path in mask.split(",") if path.strip()] if isinstance(mask, str) else []


def _split(targets: object) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for target in targets if isinstance(targets, list) else ():
        percent = target.get("percent") if isinstance(target, dict) else None
        if isinstance(percent, (int, float)) and percent > 0:
            found.append((str(target.get("revision") or ""), int(percent)))
    return tuple(found)


def _map(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for key in path:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data


def _text(data: Mapping[str, Any], *path: str) -> str:
    value = _map(data, *path[:-1]).get(path[-1])
    return value if isinstance(value, str) else ""
