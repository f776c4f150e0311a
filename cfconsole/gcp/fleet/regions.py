"""The regions of a project, read from the cloud, or a known list with a note that says so."""

from __future__ import annotations

from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
from google.cloud.location import locations_pb2

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import Unreachable
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.throttle import Lanes

_KNOWN = (
    "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2 "
    "asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2 europe-central2 "
    "europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west10 europe-west12 europe-west2 europe-west3 "
    "europe-west4 europe-west6 europe-west8 europe-west9 me-central1 me-central2 me-west1 northamerica-northeast1 "
    "northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4 "
    "us-east5 us-south1 us-west1 us-west2 us-west3 us-west4"
)
KNOWN_REGIONS = tuple(_KNOWN.split())
"""The regions to read where the cloud does not list them; `Regions.note` says so then."""

_NO_ANSWER = frozenset({ErrorKind.DENIED, ErrorKind.DISABLED, ErrorKind.UNSUPPORTED, ErrorKind.NOT_FOUND})


class Regions:
    """The regions of a project, from the `Locations` service of Cloud Functions; Cloud Run v2 has none."""

    def __init__(self, client: FunctionServiceAsyncClient, caller: ApiCaller, lanes: Lanes) -> None:
        self._client = client
        self._caller = caller
        self._lanes = lanes
        self.note: Unreachable | None = None
        """Set while `KNOWN_REGIONS` are used instead of a list from the API: other regions may contain services too."""

    async def read(self, project: str) -> tuple[str, ...]:
        """All regions by name. Raises `CloudError` for errors that a later try or a login may remove."""
        try:
            found = await self._pages(project)
        except CloudError as error:
            if error.kind not in _NO_ANSWER:
                raise
            return self._known_regions(error.sentence)
        if not found:
            return self._known_regions("The API returned none.")
        self.note = None
        return tuple(sorted(found))

    def _known_regions(self, why: str) -> tuple[str, ...]:
        sentence = f"The regions could not be listed; the {len(KNOWN_REGIONS)} known ones were read instead. {why}"
        self.note = Unreachable("other regions", sentence)
        return KNOWN_REGIONS

    async def _pages(self, project: str) -> set[str]:
        found: set[str] = set()
        request = locations_pb2.ListLocationsRequest(name=f"projects/{project}", page_size=200)
        while True:
            answer = await self._caller.call(
                lambda: self._client.list_locations(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S),
                self._lanes.lane(project),
            )
            found.update(location.location_id for location in answer.locations)
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token
