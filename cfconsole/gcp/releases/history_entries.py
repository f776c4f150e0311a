"""Releases as payloads of the team's log: from value to payload, and from any payload back to a value."""

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


def payload_of(release: TeamRelease) -> dict[str, Any]:
    """The payload of an entry, readable by other programs too; `message` is the part that log viewers show."""
    outcome = f": {release.outcome}" if release.outcome else ""
    return {
        "message": f"{release.kind} of {release.service.name} by {release.actor} {release.state}{outcome}",
        "release": release.id,
        "kind": release.kind,
        "state": release.state,
        "region": release.service.region,
        "service": release.service.name,
        "actor": release.actor,
        "before": list(_target_fields(release.before)),
        "after": list(_target_fields(release.after)),
        "outcome": release.outcome,
        "started_at": release.started_at.isoformat(),
        "ended_at": release.ended_at.isoformat() if release.ended_at else None,
    }


def release_in(payload: Proto, project: str, announced_at: datetime, scrub: Scrubber) -> TeamRelease | None:
    """The release in a payload; `None` where it holds none, since anyone with write access to logs can write here."""
    fields = struct_to_dict(payload)
    texts = {name: scrub.line(_text(fields, name)) for name in ("release", "region", "service", "state")}
    if not all(texts.values()):
        return None
    return TeamRelease(
        id=texts["release"],
        service=ServiceKey(project, texts["region"], texts["service"]),
        kind=scrub.line(_text(fields, "kind")),
        state=texts["state"],
        actor=scrub.line(_text(fields, "actor")),
        started_at=_moment(fields, "started_at") or announced_at,
        announced_at=announced_at,
        ended_at=_moment(fields, "ended_at"),
        before=tuple(_targets(fields.get("before"), scrub)),
        after=tuple(_targets(fields.get("after"), scrub)),
        outcome=scrub.line(_text(fields, "outcome")),
    )


def _target_fields(targets: Iterable[Target]) -> Iterable[dict[str, Any]]:
    for target in targets:
        yield {"revision": _LATEST_WORD if target.revision == LATEST else target.revision, "percent": target.percent}


def _targets(lines: object, scrub: Scrubber) -> Iterable[Target]:
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict) and isinstance(line.get("percent"), int):
            revision = scrub.line(_text(line, "revision"))
            yield Target(LATEST if revision == _LATEST_WORD else revision, line["percent"])


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(_text(fields, name))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
