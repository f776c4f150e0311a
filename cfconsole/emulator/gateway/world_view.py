"""Services in the JSON of the admin endpoint, and the look-up of a service that a body names."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.world.names import ServiceName, short
from cfconsole.emulator.world.traffic import LATEST, desired_targets
from cfconsole.emulator.world.world import ServiceRecord, World


def service_named(world: World, body: dict[str, Any]) -> ServiceName:
    """The service that `service` and perhaps `region` of a body name. Raises `ValueError` unless one matches."""
    found = [
        record.name
        for record in world.services()
        if record.name.service == body["service"] and body.get("region", record.name.region) == record.name.region
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} services match {body['service']!r}; give the name and the region of one.")
    return found[0]


def service_row(record: ServiceRecord, gateway: Gateway) -> dict[str, Any]:
    """One service: its desired and effective split, its state, and its answers so far."""
    service = record.service
    served = Counter[str]()
    for (name, revision, status), count in gateway.served.items():
        if name == record.name:
            served[f"{revision} {status}"] += count
    return {
        "project": record.name.project,
        "region": record.name.region,
        "name": record.name.service,
        "uri": service.uri,
        "desired": [
            {"revision": "LATEST" if t.type_ == LATEST else t.revision, "percent": t.percent, "tag": t.tag}
            for t in desired_targets(service)
        ],
        "effective": [{"revision": s.revision, "percent": s.percent} for s in record.routing.shares],
        "tags": dict(record.routing.tags),
        "latest_created": short(service.latest_created_revision),
        "latest_ready": short(service.latest_ready_revision),
        "generation": service.generation,
        "reconciling": service.reconciling,
        "state": service.terminal_condition.state.name,
        "real": sorted(record.containers),
        "served": dict(served),
    }
