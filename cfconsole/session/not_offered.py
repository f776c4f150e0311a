"""Stands for the ports that a cloud lacks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.services import ServiceKey

if TYPE_CHECKING:
    from cfconsole.domain.function_deploys import BuildState, FunctionDeploy, UploadedSource
    from cfconsole.domain.probes import ProbeAnswer
    from cfconsole.domain.reads import Written
    from cfconsole.domain.releases import Release
    from cfconsole.domain.team_releases import TeamRelease


class NotOffered:
    """Refuses whatever it is asked for, with a sentence; it fits every port that a cloud may lack."""

    async def ask(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        from cfconsole.domain.probes import ProbeAnswer

        return ProbeAnswer(path, trouble=_not_offered("probing").sentence)

    async def write(self, release: Release) -> None:
        raise _not_offered("a history of releases")

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        raise _not_offered("a history of releases")

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        raise _not_offered("deploying from source")

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> Written:
        raise _not_offered("deploying from source")

    async def build(self, operation: str) -> BuildState:
        raise _not_offered("deploying from source")

    async def deployed(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        raise _not_offered("deploying from source")


def _not_offered(what: str) -> CloudError:
    return CloudError(ErrorKind.UNSUPPORTED, f"This cloud does not offer {what}.")


NOT_OFFERED = NotOffered()
