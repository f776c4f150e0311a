"""The other ports that releases need, besides the services, over the same `FakeCloud`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.reads import AcceptedWrite
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Release
from cfconsole.domain.releases.notices import Notice
from cfconsole.domain.releases.rollout.probes import ProbeAnswer
from cfconsole.domain.releases.team import TeamRelease, newest_of_each, team_release
from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy, StageState, UploadedSource

if TYPE_CHECKING:
    from tests.session.scripted import FakeCloud

_Item = TypeVar("_Item")

BUILT = BuildState(True, tuple(StageState(name, "complete") for name in ("build", "service")))


class ScriptedProbes:
    """`ProbesPort`: answers by path, as `FakeCloud.probe_answers` says."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def send(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        self._fake.probes.append(url + path)
        try:
            self._fake.called("ask")
        except CloudError as error:
            return ProbeAnswer(path, error=error.sentence)
        status = _next(self._fake.probe_answers.get(path, [200]))
        return ProbeAnswer(path, status, "" if status else "nobody answered")


class ScriptedHistory:
    """`HistoryPort`: a published release can be read at once."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def write(self, release: Release) -> None:
        self._fake.called("history_write")
        self._fake.published.append(team_release(release, self._fake.clock.now()))

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        self._fake.called("history_read")
        releases = (one for one in self._fake.published if one.service.project == project and one.announced_at >= since)
        return newest_of_each(tuple(releases))


class ScriptedFunctions:
    """`FunctionsPort`: takes any source, and is done at once unless `FakeCloud.builds` says otherwise."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        self._fake.called("upload")
        self._fake.uploads.append(archive)
        return UploadedSource(f"uploads-{project}-{region}", f"{len(self._fake.uploads)}.zip")

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> AcceptedWrite:
        self._fake.called("deploy_function")
        self._fake.function_deploys.append((deploy, create))
        return AcceptedWrite(f"operations/function-{len(self._fake.function_deploys)}")

    async def build_state(self, operation: str) -> BuildState:
        self._fake.called("build")
        return _next(self._fake.builds or [BUILT])

    async def source_build(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        self._fake.called("deployed")
        return BUILT


class ScriptedNotify:
    """`NotifyPort`: records the notices."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def send(self, notice: Notice) -> None:
        self._fake.called("tell")
        self._fake.notices.append(notice)


def _next(items: list[_Item]) -> _Item:
    """Items one after the other; the last one stays."""
    return items.pop(0) if len(items) > 1 else items[0]
