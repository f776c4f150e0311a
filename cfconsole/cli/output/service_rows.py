"""Services and revisions as rows of documents and tables. The field names are a contract with scripts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cfconsole.cli.output.document import Column, rfc3339
from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers
from cfconsole.domain.fleet.services import Revision, Service, ServiceKind, short_revision
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.health.state import health, serving_numbers

JsonRow = dict[str, Any]

SERVICE_NUMBERS = ("rps", "error_rate", "p95_ms", "instances")
REVISION_NUMBERS = ("error_rate", "p95_ms")
LATEST_WORD = "LATEST"
"""The latest Ready revision in a split. No revision can have this name: names are lower case."""
_MANAGED_BY_FUNCTIONS = ("goog-managed-by", "cloudfunctions")

SERVICE_COLUMNS = (
    Column("NAME", "name"),
    Column("REGION", "region"),
    Column("KIND", "kind"),
    Column("STATE", "state"),
    Column("SERVING", "serving"),
    Column("RPS", "rps", right=True),
    Column("5XX", "error_rate", right=True),
    Column("P95", "p95_ms", right=True),
    Column("INST", "instances", right=True),
    Column("DEPLOYED", "deployed_at"),
    Column("BY", "deployed_by"),
)
REVISION_COLUMNS = (
    Column("REVISION", "name"),
    Column("TRAFFIC", "percent", right=True),
    Column("TAGS", "tags"),
    Column("READY", "ready"),
    Column("5XX", "error_rate", right=True),
    Column("P95", "p95_ms", right=True),
    Column("CREATED", "created_at"),
    Column("BY", "created_by"),
    Column("IMAGE", "image"),
)


def service_row(
    service: Service, metrics: ServiceMetrics | None, thresholds: Thresholds, age_s: float, *, numbers_read: bool = True
) -> JsonRow:
    """One service. `numbers_read` distinguishes absent metrics from unreadable ones."""
    now = serving_numbers(service, metrics) if metrics else TrafficNumbers()
    return {
        "project": service.key.project,
        "region": service.key.region,
        "name": service.key.name,
        "kind": str(_kind(service)),
        "state": str(health(service, metrics, thresholds)),
        "serving": split_lines(service.serving),
        "desired": split_lines(service.desired),
        "pinned": service.pinned,
        "latest_created": service.latest_created or None,
        "latest_ready": service.latest_ready or None,
        "deployed_at": rfc3339(service.updated_at),
        "deployed_by": service.updated_by or None,
        "rps": now.rps,
        "error_rate": now.error_rate,
        "p95_ms": now.p95_ms,
        "instances": metrics.instances if metrics else None,
        "uri": service.uri or None,
        "data_age_s": round(age_s, 3),
        "unreadable": [] if numbers_read else list(SERVICE_NUMBERS),
    }


def revision_row(
    revision: Revision, service: Service, metrics: ServiceMetrics | None, *, numbers_read: bool = True
) -> JsonRow:
    """One revision with its share of the effective split. Secret values in `env` are already masked."""
    numbers = (metrics.revisions.get(revision.name) if metrics else None) or TrafficNumbers()
    return {
        "project": service.key.project,
        "region": service.key.region,
        "service": service.key.name,
        "name": revision.name,
        "ready": revision.ready,
        "retired": revision.retired,
        "percent": sum(share.percent for share in service.effective if share.revision == revision.name),
        "tags": sorted({share.tag for share in service.effective if share.tag and share.revision == revision.name}),
        "image": revision.image or None,
        "created_at": rfc3339(revision.created_at),
        "created_by": revision.created_by or None,
        "error_rate": numbers.error_rate,
        "p95_ms": numbers.p95_ms,
        "env": {variable.name: variable.display for variable in revision.env},
        "limits": dict(revision.limits),
        "unreadable": [] if numbers_read else list(REVISION_NUMBERS),
    }


def split_lines(lines: Iterable[Target | Share]) -> list[JsonRow]:
    """A split as a list in a document. A target that follows the latest revision is called `LATEST`."""
    return [
        {
            "revision": LATEST_WORD if line.revision == LATEST else line.revision,
            "percent": line.percent,
            "tag": line.tag or None,
        }
        for line in lines
    ]


def service_line(row: Mapping[str, Any]) -> JsonRow:
    """A table row made from a document row: shorter, and with units."""
    return {
        **row,
        "state": f"{row['state']} PINNED" if row["pinned"] and row["state"] != "pinned" else row["state"],
        "serving": _show_serving(row),
        "deployed_at": _minute(row["deployed_at"]),
        "rps": None if row["rps"] is None else f"{row['rps']:.1f}",
        **_shown_numbers(row),
    }


def revision_line(row: Mapping[str, Any]) -> JsonRow:
    """The same for a revision."""
    image = (row["image"] or "").rpartition("/")[2]
    return {
        **row,
        "percent": f"{row['percent']} %",
        "created_at": _minute(row["created_at"]),
        "image": image,
        **_shown_numbers(row),
    }


def _kind(service: Service) -> ServiceKind:
    """The kind. A function is recognised by its label even if the Functions API can't be read."""
    return ServiceKind.FUNCTION if _MANAGED_BY_FUNCTIONS in service.labels else service.kind


def _show_serving(row: Mapping[str, Any]) -> str:
    lines = row["serving"]
    names = [short_revision(row["name"], line["revision"]) for line in lines]
    if len(names) == 1:
        return names[0]
    return " ".join(f"{name}:{line['percent']}%" for name, line in zip(names, lines, strict=True))


def _shown_numbers(row: Mapping[str, Any]) -> JsonRow:
    rate, p95 = row["error_rate"], row["p95_ms"]
    return {
        "error_rate": None if rate is None else f"{rate * 100:.1f} %",
        "p95_ms": None if p95 is None else f"{p95:.0f} ms",
    }


def _minute(moment: str | None) -> str | None:
    return None if moment is None else f"{moment[:16].replace('T', ' ')}Z"


def data_age_s(read_at: datetime, now: datetime) -> float:
    """The age of a read in seconds."""
    return max(0.0, (now - read_at).total_seconds())
