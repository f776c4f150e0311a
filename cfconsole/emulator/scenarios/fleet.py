"""The fleet: many small services in many regions."""

from __future__ import annotations

from cfconsole.emulator.scenarios.service_spec import PastDeploy, ServiceSpec, SplitTarget
from cfconsole.emulator.scenarios.shop import DAY

FLEET_PROJECT = "fleet-prod"
FLEET_SERVICES = 200
FLEET_REGIONS = (
    "africa-south1",
    "asia-east1",
    "asia-northeast1",
    "asia-south1",
    "asia-southeast1",
    "australia-southeast1",
    "europe-central2",
    "europe-north1",
    "europe-southwest1",
    "europe-west1",
    "europe-west3",
    "europe-west4",
    "me-central1",
    "northamerica-northeast1",
    "southamerica-east1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-south1",
    "us-west1",
)
_KINDS = ("api", "worker", "web", "sync", "gateway", "batch", "ingest", "index", "notify", "export")
_EVERY_PINNED = 40
_EVERY_FAILED = 55


def fleet_services(count: int) -> list[ServiceSpec]:
    """`count` services spread evenly over the regions. A few are pinned, and a few have a failed newest revision."""
    return [_service(number) for number in range(count)]


def _service(number: int) -> ServiceSpec:
    newest = 2 + number % 90
    age = 0.5 + number % 60
    image_tag = f"crash-{newest}" if number % _EVERY_FAILED == _EVERY_FAILED - 1 else f"ok-{newest}"
    is_pinned = number % _EVERY_PINNED == _EVERY_PINNED - 1
    return ServiceSpec(
        region=FLEET_REGIONS[number % len(FLEET_REGIONS)],
        name=f"{_KINDS[number % len(_KINDS)]}-{number:04d}",
        deploys=(
            PastDeploy(newest - 1, (age + 9) * DAY, f"ok-{newest - 1}"),
            PastDeploy(newest, age * DAY, image_tag),
        ),
        split=(SplitTarget(number=newest - 1, percent=100),) if is_pinned else (),
        weight=1 + number % 7,
    )
