"""A scripted cloud in which a deploy from source makes a revision, as Google's does."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.deploy_wish import DeployWish
from cfconsole.domain.function_deploys import BuildState, FunctionDeploy, StageState, UploadedSource
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.reads import Written
from cfconsole.domain.release_steps import Policy, ProbePolicy, Strategy
from cfconsole.domain.releases import Approval, Plan
from cfconsole.domain.services import Function, Service, ServiceKind
from cfconsole.domain.source_planning import plan_source
from cfconsole.domain.sources import PackedSource
from cfconsole.session.ports import Cloud
from cfconsole.session.source_deploy import BuildOrder, BuildPorts
from tests.session.manual_clock import ManualClock
from tests.session.scripted import FakeCloud, MemoryJournal
from tests.session.scripted_edges import ScriptedFunctions
from tests.session.shop import ORDERS, revision_name

SOURCE = PackedSource(b"PK", "/srv/orders", 3, 100, "5e" * 32, ("3 files compile",), ("a .env is uploaded",))
OLD, NEW = revision_name(ORDERS, 42), revision_name(ORDERS, 43)
WISH = DeployWish(
    strategy=Strategy.CANARY, steps=(10, 100), bake_s=0, policy=Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
)
STAGES = (("not started", "not started"), ("in progress", "not started"), ("complete", "in progress"))


def stages(build: str, service: str) -> tuple[StageState, ...]:
    return (StageState("build", build, uri="https://build/log"), StageState("service", service))


class BuildingCloud(FakeCloud):
    """`orders-api` is a function here; a build that succeeds makes the next revision, which LATEST serves at once."""

    def __init__(self) -> None:
        super().__init__(ManualClock())
        function = Function("orders-fn", "ACTIVE", "python312", "handle")
        self.services[ORDERS] = self.services[ORDERS]._replace(kind=ServiceKind.FUNCTION, function=function)
        self.builds = [BuildState(False, stages(*states)) for states in STAGES]
        self.builds.append(BuildState(True, stages("complete", "complete"), service=ORDERS, revision=NEW))
        self.split_at_deploy: dict[str, int] = {}
        self.upload_s = 0.0
        self.at_deploy: Callable[[], None] = lambda: None
        self.ready = True
        self.trouble_after_build = ""
        """Why operations fail once the revision is there."""
        self._absent: Service | None = None

    @property
    def cloud(self) -> Cloud:
        return super().cloud._replace(functions=BuildingFunctions(self))

    @property
    def split(self) -> dict[str, int]:
        service = self.services.get(ORDERS)
        return {share.revision: share.percent for share in service.serving} if service else {}

    def remove(self) -> None:
        """The function is not there until a build makes it."""
        self._absent = self.services.pop(ORDERS)

    def make_revision(self) -> None:
        if self._absent:
            self.services[ORDERS] = self._absent
        self.operation_error = self.trouble_after_build
        newest, *older = self.revisions[ORDERS]
        made = newest._replace(name=NEW, created_at=self.clock.now(), ready=self.ready)
        self.revisions[ORDERS] = (made, newest, *older)
        self.change(self.services[ORDERS]._replace(latest_created=NEW), by="functions@system")
        if self.ready:
            self.services[ORDERS] = self.services[ORDERS]._replace(latest_ready=NEW)
            self.serve_desired(ORDERS)


class BuildingFunctions(ScriptedFunctions):
    def __init__(self, fake: BuildingCloud) -> None:
        super().__init__(fake)
        self._building = fake

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        await self._building.clock.sleep(self._building.upload_s)
        return await super().upload(project, region, archive)

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> Written:
        self._building.split_at_deploy = self._building.split
        self._building.at_deploy()
        return await super().deploy_function(deploy, create=create)

    async def build(self, operation: str) -> BuildState:
        state = await super().build(operation)
        newest = self._building.revisions[ORDERS][0].name
        if state.done and newest != NEW and (state.revision or state.failed_stage == "service"):
            self._building.make_revision()
        return state


def approved(fake: FakeCloud, wish: DeployWish = WISH) -> Approval:
    plan = plan_source(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), wish, SOURCE)
    assert isinstance(plan, Plan), plan
    return Approval(plan, "confirm", fake.clock.now())


def order(fake: FakeCloud) -> BuildOrder:
    return BuildOrder(approved(fake), SOURCE, "orders-fn")


def ports(fake: FakeCloud, journal: MemoryJournal) -> BuildPorts:
    return BuildPorts(fake.cloud, journal, fake.clock)
