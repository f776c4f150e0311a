"""Filtering and paging of the REST listing of alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from cfconsole.emulator.logs.syntax import And, Comparison, Node, Not, Or, Text, parse

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1_000
FIELDS = ("state", "policy.name", "policy.display_name", "policy.displayName", "resource.labels.NAME")
AlertJson: TypeAlias = dict[str, Any]


def page_of_alerts(alerts: Iterable[AlertJson], filter_: str, page_size: int, page_token: str) -> AlertJson:
    """The body of `GET v3/projects/P/alerts`, newest first. Raises `ValueError` for a bad argument."""
    if not 0 <= page_size <= MAX_PAGE_SIZE:
        raise ValueError(f"pageSize must be between 0 and {MAX_PAGE_SIZE}, not {page_size}.")
    if page_token and not page_token.isdigit():
        raise ValueError("pageToken is not valid; use nextPageToken of the page before.")
    tree = parse(filter_)
    chooses = _compile(tree) if tree else lambda alert: True
    chosen = [alert for alert in alerts if chooses(alert)]
    chosen.sort(key=lambda alert: alert["openTime"], reverse=True)
    start = int(page_token or 0)
    end = start + (page_size or DEFAULT_PAGE_SIZE)
    body: AlertJson = {"alerts": chosen[start:end]}
    if end < len(chosen):
        body["nextPageToken"] = str(end)
    return body


def _compile(node: Node) -> Callable[[AlertJson], bool]:
    match node:
        case Comparison(path, "=" | "!=" as sign, Text(value)):
            read = _reader(path)
            return lambda alert: (read(alert) == value) == (sign == "=")
        case Not(term):
            inner = _compile(term)
            return lambda alert: not inner(alert)
        case And(terms):
            every = [_compile(term) for term in terms]
            return lambda alert: all(one(alert) for one in every)
        case Or(terms):
            some = [_compile(term) for term in terms]
            return lambda alert: any(one(alert) for one in some)
        case _:
            raise ValueError('The filter is not supported; compare fields with = or !=, as in state="OPEN".')


def _reader(path: tuple[str, ...]) -> Callable[[AlertJson], Any]:
    match path:
        case ("state",):
            return lambda alert: alert["state"]
        case ("policy", "name"):
            return lambda alert: alert["policy"]["name"]
        case ("policy", "display_name" | "displayName"):
            return lambda alert: alert["policy"]["displayName"]
        case ("resource", "label" | "labels", name):
            return lambda alert: alert["resource"]["labels"].get(name)
        case _:
            raise ValueError(f"The filter names {'.'.join(path)}, which is not known; known are {', '.join(FIELDS)}.")
