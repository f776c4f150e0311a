"""Reads the fleet: all regions rarely, regions with services often, services that change each second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service, ServiceKey, Unreachable
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.session.ports import ClockPort, ServicesPort, ServicesRead
from cfconsole.session.state.console_state import Feed
from cfconsole.session.state.reducer import covers
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import FeedFailed, FeedRead, RevisionsArrived, ServiceChanged, ServicesArrived
from cfconsole.session.watch.concurrent_calls import gather_outcomes

SERVICES_EVERY_S = 5.0
REGIONS_PER_SECOND = 5
"""Keeps a large fleet within the read quota: more regions than fit into 5 s are read less often."""
SWEEP_EVERY_S = 600.0
SWEEP_EMPTY_EVERY_S = 60.0
UNREACHABLE_EVERY_S = 30.0
CHANGING_EVERY_S = 1.0
MAX_CHANGING = 8
REVISIONS_EVERY_S = 10.0
MAX_REVISIONS = 12


FUNCTIONS = "Cloud Functions"
"""The place that is reported as unreachable if functions could not be read."""


class ProjectRead(Struct, frozen=True):
    project: str
    regions: tuple[str, ...]
    read: ServicesRead


class FleetReader:
    """Reads services and revisions of some projects. The read methods return the seconds until the next call."""

    def __init__(
        self,
        services: ServicesPort,
        store: StateStore,
        clock: ClockPort,
        projects: Sequence[str],
        regions: Sequence[str] = (),
        service_gone: Callable[[], None] = lambda: None,
        evaluate: Callable[[], None] = lambda: None,
    ) -> None:
        self._services = services
        self._store = store
        self._clock = clock
        self._projects = tuple(projects)
        self._regions = tuple(regions)
        self._on_service_gone = service_gone
        self._evaluate = evaluate
        self._changed_recently: set[ServiceKey] = set()
        self._sweep_at = float("-inf")
        self._unreachable_at = float("-inf")
        self._first = True
        self.regions: tuple[str, ...] = ()
        """All regions of the last sweep, for the cache."""

    def sweep_soon(self) -> None:
        self._sweep_at = float("-inf")

    def read_soon(self, key: ServiceKey) -> None:
        """Reads a service that has just changed; an unknown one makes the next read a sweep."""
        if key in self._store.state.services:
            self._changed_recently.add(key)
        else:
            self.sweep_soon()
            self._on_service_gone()

    async def read_services(self) -> float:
        """Reads the fleet. Raises `CloudError` if nothing at all could be read."""
        # On a warm start the regions of the last run come first, which corrects the screen sooner.
        sweep = self._clock.monotonic() >= self._sweep_at and not (self._first and self._busy_regions_of_all())
        outcomes = await gather_outcomes(self._read_project(project, sweep) for project in self._projects)
        reads = [outcome for outcome in outcomes if isinstance(outcome, ProjectRead)]
        errors = [
            (project, outcome)
            for project, outcome in zip(self._projects, outcomes, strict=True)
            if isinstance(outcome, CloudError)
        ]
        if errors and not reads:
            raise errors[0][1]
        self._post(reads, tuple(Unreachable(f"projects/{project}", error.sentence) for project, error in errors))
        self._evaluate()
        return self._next_pause(reads, sweep)

    async def read_changing(self) -> float:
        """Reads each service that is changing. Raises `CloudError` if none could be read.

        A service that is gone wakes the read of the whole fleet.
        """
        keys = self._changing()[:MAX_CHANGING]
        self._changed_recently.difference_update(keys)
        outcomes = await gather_outcomes(self._services.get_service(key) for key in keys)
        errors = [one for one in outcomes if isinstance(one, CloudError) and one.kind is not ErrorKind.NOT_FOUND]
        if errors and len(errors) == len(keys):
            raise errors[0]
        for outcome in outcomes:
            if isinstance(outcome, Service):
                self._store.post(ServiceChanged(self._clock.now(), outcome))
            elif outcome.kind is ErrorKind.NOT_FOUND:
                self._on_service_gone()
            else:
                self._store.post(FeedFailed(Feed.SERVICES, outcome))
        return CHANGING_EVERY_S

    async def read_revisions(self) -> float:
        """Reads the revisions of selected and alerting services. Raises `CloudError` if none could be read."""
        keys = self._services_to_read()[:MAX_REVISIONS]
        outcomes = await gather_outcomes(self._services.list_revisions(key) for key in keys)
        errors = [outcome for outcome in outcomes if isinstance(outcome, CloudError)]
        if errors and len(errors) == len(keys):
            raise errors[0]
        for key, outcome in zip(keys, outcomes, strict=True):
            if isinstance(outcome, CloudError):
                self._store.post(FeedFailed(Feed.REVISIONS, outcome))
            else:
                self._store.post(RevisionsArrived(self._clock.now(), key, outcome))
        if not keys:
            self._clear_error()
        return REVISIONS_EVERY_S

    def _clear_error(self) -> None:
        """Drops an old error once there is nothing left to read."""
        status = self._store.state.feeds.get(Feed.REVISIONS)
        if status and status.error:
            self._store.post(FeedRead(self._clock.now(), Feed.REVISIONS))

    async def _read_project(self, project: str, sweep: bool) -> ProjectRead:
        regions = self._regions or (await self._services.regions(project) if sweep else self._busy_regions(project))
        if not regions:
            return ProjectRead(project, (), ServicesRead(()))
        return ProjectRead(project, regions, await self._services.list_services(project, regions))

    def _post(self, reads: Sequence[ProjectRead], failed: tuple[Unreachable, ...]) -> None:
        covered = frozenset((read.project, region) for read in reads for region in read.regions)
        places_read = {region for _, region in covered} | {FUNCTIONS}
        still = tuple(
            place
            for place in self._store.state.unreachable
            if place.place.rsplit("/", 1)[-1] not in places_read and not place.place.startswith("projects/")
        )
        now_unreachable = tuple(place for read in reads for place in _unreachable(read.read))
        services = tuple(service for read in reads for service in read.read.services)
        self._store.post(
            ServicesArrived(self._clock.now(), services, failed + now_unreachable + still, covered=covered)
        )

    def _next_pause(self, reads: Sequence[ProjectRead], swept: bool) -> float:
        now = self._clock.monotonic()
        count = sum(len(read.regions) for read in reads)
        if swept:
            self.regions = tuple(sorted({region for read in reads for region in read.regions}))
            self._sweep_at = now + (SWEEP_EVERY_S if self._store.state.services else SWEEP_EMPTY_EVERY_S)
            count = len(self._busy_regions_of_all())
        elif self._first:
            self._first = False
            return 0.0
        self._first = False
        return max(SERVICES_EVERY_S, count / REGIONS_PER_SECOND)

    def _changing(self) -> list[ServiceKey]:
        state = self._store.state
        # A release that verifies has its split, and reads the service itself.
        open_ones = (one for one in state.releases if one.open and one.state is not ReleaseState.VERIFYING)
        moving = {release.plan.service for release in open_ones}
        moving |= {key for key, service in state.services.items() if service.reconciling} | self._changed_recently
        # Selected services first: the operator sees them.
        return sorted(moving & state.services.keys(), key=lambda key: (key not in state.selected, key))

    def _services_to_read(self) -> list[ServiceKey]:
        state = self._store.state
        alerting = [alert.service for alert in state.alerts if alert.service and alert.closed_at is None]
        keys = dict.fromkeys([*state.selected, *alerting])
        return [key for key in keys if key in state.services]

    def _busy_regions(self, project: str) -> tuple[str, ...]:
        """The regions where the project has services. One that did not answer is read again only now and then."""
        now = self._clock.monotonic()
        patient = now < self._unreachable_at
        if not patient:
            self._unreachable_at = now + UNREACHABLE_EVERY_S
        silent = self._store.state.unreachable
        return tuple(
            sorted(
                {
                    key.region
                    for key in self._store.state.services
                    if key.project == project and not (patient and any(covers(place, key) for place in silent))
                }
            )
        )

    def _busy_regions_of_all(self) -> set[tuple[str, str]]:
        return {(key.project, key.region) for key in self._store.state.services}


def _unreachable(read: ServicesRead) -> tuple[Unreachable, ...]:
    functions = (Unreachable(FUNCTIONS, read.functions_error),) if read.functions_error else ()
    return read.unreachable + functions
