"""Packs and uploads the source of a function. The release in steps that deploys it follows."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.planning.from_source import with_upload
from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort, SourcesPort
from cfconsole.session.releases.record import ReleaseRecord

OnReleaseChange = Callable[[Release], None]


class UploadPorts(Struct, frozen=True):
    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort


async def pack_source(
    sources: SourcesPort | None, service: Service | None, directory: str, run_tests: bool
) -> PackedSource | SourceRefusal:
    """Packs a directory for the runtime and entry point that the function has now."""
    if sources is None:
        return SourceRefusal("this console can't build from source; use `cfconsole deploy --source`")
    function = service.function if service else None
    runtime, entry_point = (function.runtime, function.entry_point) if function else ("", "")
    return await sources.pack(SourceSpec(directory, runtime, entry_point, run_tests))


async def upload_source(
    ports: UploadPorts, release: Release, source: PackedSource, on_change: OnReleaseChange
) -> Release:
    """Uploads the source. Returns the release with its uploaded source, or the ended release if that failed.

    The archive is only in memory, so a process that dies meanwhile leaves nothing to resume.
    """
    key, clock = release.plan.service, ports.clock
    on_change(_with_event(release, clock, f"uploading {source.summary}"))
    try:
        uploaded = await ports.cloud.functions.upload(key.project, key.region, source.archive)
    except CloudError as error:
        return await end_not_begun(ports, release, error.sentence, on_change)
    release = replace(
        _with_event(release, clock, f"uploaded {source.summary}"), plan=with_upload(release.plan, uploaded)
    )
    on_change(release)
    return release


async def end_not_begun(ports: UploadPorts, release: Release, why: str, on_change: OnReleaseChange) -> Release:
    """Ends a release with nothing written."""
    record = ReleaseRecord(release, ports.journal, ports.clock, on_change)
    return await record.end(ReleaseState.FAILED, f"nothing was changed: {why}")


def _with_event(release: Release, clock: ClockPort, sentence: str) -> Release:
    return replace(release, events=(*release.events, ReleaseEvent(clock.now(), ReleaseState.PLANNED, sentence)))
