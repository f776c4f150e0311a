"""Reads releases for commands: those in this machine's journal, and those in the team's log."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.output.document import Document, rfc3339
from cfconsole.cli.releases.rows import JsonRow, release_document, release_row, stats_rows, team_row
from cfconsole.cli.setup.context import CommandContext
from cfconsole.cli.setup.wiring import journal_file
from cfconsole.domain.errors import CloudError, ErrorKind, JournalError
from cfconsole.domain.releases.model import Refusal, Release
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.rollout.recovery import Recovery, RecoveryOption
from cfconsole.domain.releases.stats import release_stats
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.session.releases.recovery import read_recovery
from cfconsole.session.watch.concurrent_calls import gather_outcomes
from cfconsole.store.releases.journal import Journal

MAX_RELEASES = 1000
"""How many releases of the journal are read."""


class ReleaseReport(NamedTuple):
    """A release of the journal, with the ways to recover it if its process is gone."""

    release: Release
    row: JsonRow
    recovery: Recovery | None = None


@contextlib.asynccontextmanager
async def open_journal(context: CommandContext) -> AsyncIterator[Journal]:
    """The journal, open within the block. A journal error ends the command."""

    journal = Journal(journal_file(context.scope))
    try:
        yield journal
    except JournalError as error:
        raise Stop(str(error), Exit.FAILED) from error
    finally:
        await journal.aclose()


async def read_releases(context: CommandContext, span_s: float) -> Document:
    """The journal's releases and the team's, each once, newest first."""
    since = context.clock.now() - timedelta(seconds=span_s)
    async with open_journal(context) as journal:
        own = await _journal_releases(journal, since)
        claimed = await journal.claimed([release.id for release in own if release.ended_at is None])
    warnings: list[str] = []
    team = await _team_releases(context, since, warnings)
    known = {release.id for release in own}
    rows = [(release.started_at, release_row(release, claimed)) for release in own]
    rows += [(release.started_at, team_row(release)) for release in team if release.id not in known]
    rows.sort(key=lambda row: row[0], reverse=True)
    return Document([row for _, row in rows], warnings=warnings)


async def read_release(context: CommandContext, release_id: str) -> ReleaseReport:
    """One release, with the ways to recover it. Raises `Stop` if it is not in the journal."""
    async with open_journal(context) as journal:
        release = await find_release(journal, release_id)
        claimed = await journal.claimed([release_id])
        progress = (await journal.progress_by_id()).get(release_id)
    row = release_document(release, claimed, progress)
    if release.ended_at or claimed:
        return ReleaseReport(release, row)
    recovery = await read_recovery(context.cloud, context.clock, release)
    row["recovery"] = {name: _option_text(option) for name, option in recovery._asdict().items()}
    return ReleaseReport(release, row, recovery)


async def find_release(journal: Journal, release_id: str) -> Release:
    """Raises `Stop` (usage) for an id that is not in the journal."""
    release = await journal.release(release_id)
    if release is None:
        sentence = f"No release {release_id} in this machine's journal; `cfconsole releases` lists them."
        raise Stop(sentence, Exit.USAGE)
    return release


async def read_stats(context: CommandContext, span_s: float) -> Document:
    async with open_journal(context) as journal:
        own = await _journal_releases(journal, context.clock.now() - timedelta(seconds=span_s))
    return Document(stats_rows(release_stats(own)))


def show_lines(found: ReleaseReport) -> Iterator[str]:
    """A release as lines of text."""
    release, row = found.release, found.row
    first, *rest = plan_sentences(release.plan)
    yield f"{release.id}  {row['state']}  by {release.actor}"
    yield first
    yield from (f"  {sentence}" for sentence in rest)
    for event in release.events:
        yield f"{rfc3339(event.at)}  {event.state:<11}  {event.sentence}"
    if row["now"]:
        yield f"now: {row['now']}"
    if found.recovery:
        yield f"resume: {_option_text(found.recovery.resume)}"
        yield f"abort: {_option_text(found.recovery.abort)}"
        yield f"if nothing is done: {found.recovery.leave}"


def _option_text(option: RecoveryOption | Refusal | str) -> str:
    match option:
        case RecoveryOption():
            return option.sentence
        case Refusal():
            return f"not possible: {option.sentence}"
        case _:
            return option


async def _journal_releases(journal: Journal, since: datetime) -> tuple[Release, ...]:
    return tuple(one for one in await journal.releases(limit=MAX_RELEASES) if one.started_at >= since)


async def _team_releases(context: CommandContext, since: datetime, warnings: list[str]) -> tuple[TeamRelease, ...]:
    """The team's releases. A history that can't be read only adds a warning."""
    projects = context.scope.projects
    reads = await gather_outcomes(context.cloud.history.read(project, since=since) for project in projects)
    for project, read in zip(projects, reads, strict=True):
        if isinstance(read, CloudError) and read.kind is not ErrorKind.UNSUPPORTED:
            warnings.append(f"projects/{project}: can't read the team's releases: {read.sentence}")
    return tuple(release for read in reads if not isinstance(read, CloudError) for release in read)
