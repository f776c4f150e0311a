"""Owns how a release reads in the team's log: from its value to a structured payload, and back with care."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.logs.payloads import struct_to_dict
from cfconsole.gcp.protos.messages import Proto

_LATEST_WORD = "LATEST"


def payload_of(told: TeamRelease) -> dict[str, Any]:
    """A payload that other programs can read too; `message` is what log viewers show of it."""
    outcome = f": {told.outcome}" if told.outcome else ""
    return {
        "message": f"{told.kind} of {told.service.name} by {told.actor} {told.state}{outcome}",
        "release": told.id,
        "kind": told.kind,
        "state": told.state,
        "region": told.service.region,
        "service": told.service.name,
        "actor": told.actor,
        "before": list(_shown(told.before)),
        "after": list(_shown(told.after)),
        "outcome": told.outcome,
        "started_at": told.started_at.isoformat(),
        "ended_at": told.ended_at.isoformat() if told.ended_at else None,
    }


def release_in(payload: Proto, project: str, told_at: datetime, scrub: Scrubber) -> TeamRelease | None:
    """The release an entry tells of; `None` for one that is no release: whoever may write logs may write here."""
    said = struct_to_dict(payload)
    named = {name: scrub.line(_text(said, name)) for name in ("release", "region", "service", "state")}
    if not all(named.values()):
        return None
    return TeamRelease(
        id=named["release"],
        service=ServiceKey(project, named["region"], named["service"]),
        kind=scrub.line(_text(said, "kind")),
        state=named["state"],
        actor=scrub.line(_text(said, "actor")),
        started_at=_moment(said, "started_at") or told_at,
        announced_at=told_at,
        ended_at=_moment(said, "ended_at"),
        before=tuple(_targets(said.get("before"), scrub)),
        after=tuple(_targets(said.get("after"), scrub)),
        outcome=scrub.line(_text(said, "outcome")),
    )


def _shown(targets: Iterable[Target]) -> Iterable[dict[str, Any]]:
    for target in targets:
        yield {"revision": _LATEST_WORD if target.revision == LATEST else target.revision, "percent": target.percent}


def _targets(said: object, scrub: Scrubber) -> Iterable[Target]:
    for line in said if isinstance(said, list) else ():
        if isinstance(line, dict) and isinstance(line.get("percent"), int):
            revision = scrub.line(_text(line, "revision"))
            yield Target(LATEST if revision == _LATEST_WORD else revision, line["percent"])


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _moment(said: Mapping[str, Any], name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(said, name))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
