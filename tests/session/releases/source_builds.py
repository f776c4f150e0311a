"""A scripted cloud in which a deploy from source creates a revision later and by itself, as Google's does."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.reads import AcceptedWrite
from cfconsole.domain.fleet.services import Condition, Function, Service, ServiceKey, ServiceKind
from cfconsole.domain.releases.model import Approval, Plan, Release
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import facts_of_new_function, plan_creation, plan_source
from cfconsole.domain.releases.steps import Policy, ProbePolicy, Strategy
from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy, StageState, UploadedSource
from cfconsole.domain.source.packages import PackedSource
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.source_upload import UploadPorts, upload_source
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import NEW, OLD, BusyCloud
from tests.session.releases.single_writes import ACTOR
from tests.session.scripted import FakeCloud, ScriptedCloud
from tests.session.scripted_release_ports import ScriptedFunctions
from tests.session.shop import ORDERS, revision_name

__all__ = ["NEW", "OLD"]

SOURCE = PackedSource(b"PK", "/srv/orders", 3, 100, "5e" * 32, ("3 files compile",), ("a .env is uploaded",))
OPTIONS = DeployOptions(
    strategy=Strategy.CANARY, steps=(10, 100), bake_s=0, policy=Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
)
STAGES = (("not started", "not started"), ("in progress", "not started"), ("complete", "in progress"))


def stages(build: str, service: str) -> tuple[StageState, ...]:
    return (StageState("build", build, uri="https://build/log"), StageState("service", service))


class BuildingCloud(BusyCloud):
    """A cloud in which `orders-api` is a function. A successful build makes its next revision, which LATEST serves."""

    def __init__(self, clock: ClockPort | None = None) -> None:
        super().__init__(clock or ManualClock())
        function = Function("orders-fn", "ACTIVE", "python312", "handle")
        self.services[ORDERS] = replace(self.services[ORDERS], kind=ServiceKind.FUNCTION, function=function)
        self.builds = [BuildState(False, stages(*states)) for states in STAGES]
        """The states of the build at its polls; after the last one it is over."""
        self.hangs = False
        """Whether the build continues until `finish_build`."""
        self.build_error: BuildState | None = None
        """How the build fails."""
        self.makes_revision = True
        """Whether a failed build has created a revision, which does not start."""
        self.split_at_deploy: dict[str, int] = {}
        self.upload_s = 0.0
        self.at_deploy: Callable[[], None] = lambda: None
        self.lose_answer_of_deploy: CloudError | None = None
        """The next deploy is accepted, but its answer is this error."""
        self.built_from: UploadedSource | None = None
        """The source that the function shows."""
        self._absent: Service | None = None
        self._template = self.revisions[ORDERS]
        self._deploying: FunctionDeploy | None = None
        self._over: BuildState | None = None

    @property
    def cloud(self) -> ScriptedCloud:
        return super().cloud._replace(functions=BuildingFunctions(self))

    @property
    def split(self) -> dict[str, int]:
        service = self.services.get(ORDERS)
        return {share.revision: share.percent for share in service.serving} if service else {}

    def remove(self) -> None:
        """Removes the function until a build creates it."""
        there = self.services.pop(ORDERS)
        self._absent = replace(there, generation=0, latest_created="", latest_ready="", effective=())
        self.revisions[ORDERS] = ()

    def pass_by(self, seconds: float) -> None:
        if ORDERS in self.services:
            super().pass_by(seconds)

    def settle(self) -> None:
        super().settle()
        self.finish_build()

    def begin_build(self, deploy: FunctionDeploy) -> None:
        self._deploying, self._over = deploy, None
        self._state("DEPLOYING")

    def poll_build(self) -> BuildState:
        """Each poll finds it further on, the last one finds it over."""
        if self.builds and self._deploying:
            return self.builds[1] if self.hangs else self.builds.pop(0)
        self.finish_build()
        assert self._over is not None, "nothing is built"
        return self._over

    def finish_build(self) -> None:
        deploy, self._deploying = self._deploying, None
        if deploy is None:
            return
        if self.build_error is None:
            self.built_from = deploy.source
        if self.build_error is None or self.makes_revision:
            self._make_revision()
        self._state("ACTIVE")
        self._over = self.build_error or BuildState(
            True, stages("complete", "complete"), service=ORDERS, revision=self.services[ORDERS].latest_created
        )

    def build_of(self, source: UploadedSource) -> BuildState:
        """The state of the deploy of a source as the function itself shows it."""
        if self._deploying:
            self.finish_build()
            return BuildState(False)
        if source != self.built_from:
            return BuildState(False, accepted=False)
        return BuildState(True, service=ORDERS, revision=self.services[ORDERS].latest_created)

    def _make_revision(self) -> None:
        ready = self.build_error is None
        if self._absent:
            self.services[ORDERS], self._absent = self._absent, None
        condition = Condition("succeeded") if ready else Condition("failed", "", "it did not start")
        older = self.revisions[ORDERS]
        number = int((older or self._template)[0].name.rpartition("-")[2]) + 1
        name = revision_name(ORDERS, number)
        made = replace(
            (older or self._template)[0], name=name, created_at=self.clock.now(), ready=ready, condition=condition
        )
        self.revisions[ORDERS] = (made, *older)
        self.change(replace(self.services[ORDERS], latest_created=name), by="functions@system")
        if ready:
            self.services[ORDERS] = replace(self.services[ORDERS], latest_ready=name)
            self.serve_desired(ORDERS)

    def _state(self, state: str) -> None:
        service = self.services.get(ORDERS)
        if service and service.function:
            function = replace(service.function, state=state)
            self.services[ORDERS] = replace(service, function=function)


class BuildingFunctions(ScriptedFunctions):
    def __init__(self, fake: BuildingCloud) -> None:
        super().__init__(fake)
        self._building = fake

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        if self._building.upload_s:
            await self._building.clock.sleep(self._building.upload_s)
        return await super().upload(project, region, archive)

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> AcceptedWrite:
        building = self._building
        building.split_at_deploy = building.split
        building.at_deploy()
        written = await super().deploy_function(deploy, create=create)
        building.begin_build(deploy)
        if building.lose_answer_of_deploy:
            lost, building.lose_answer_of_deploy = building.lose_answer_of_deploy, None
            raise lost
        return written

    async def build_state(self, operation: str) -> BuildState:
        self._building.called("build")
        return self._building.poll_build()

    async def source_build(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        self._building.called("deployed")
        return self._building.build_of(source)


def source_plan(fake: FakeCloud, options: DeployOptions = OPTIONS, source: PackedSource = SOURCE) -> Plan:
    plan = plan_source(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), options, source)
    assert isinstance(plan, Plan), plan
    return plan


def creation_plan() -> Plan:
    plan = plan_creation(facts_of_new_function(ORDERS), OPTIONS, SOURCE, "python312", "handle")
    assert isinstance(plan, Plan), plan
    return plan


async def upload(
    cloud: Cloud, journal: SharedJournalPort, clock: ClockPort, plan: Plan, source: PackedSource = SOURCE
) -> Release:
    """A release whose source was uploaded, or that has ended because of it."""
    release = new_release(Approval(plan, "confirm", clock.now()), ACTOR, clock.now())
    return await upload_source(UploadPorts(cloud, journal, clock), release, source, lambda moved: None)
