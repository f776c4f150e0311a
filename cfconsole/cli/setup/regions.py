"""Reads the services of the named regions. An unknown region ends the command."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from cfconsole.cli.exits import Exit, Stop
from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.session.headless import read_fleet
from cfconsole.session.ports import Cloud
from cfconsole.session.watch.concurrent_calls import gather_outcomes

MAX_LISTED = 8


async def read_services(cloud: Cloud, projects: Sequence[str], regions: Sequence[str]) -> ServicesRead:
    """As `read_fleet`. Raises `Stop` (usage) for a region that has no services and that no project lists."""

    try:
        read = await read_fleet(cloud, projects, regions)
    except CloudError:
        await _check_regions(cloud, projects, regions)
        raise
    used = {service.key.region for service in read.services}
    await _check_regions(cloud, projects, [region for region in regions if region not in used])
    return read


async def _check_regions(cloud: Cloud, projects: Sequence[str], empty: Sequence[str]) -> None:
    if not empty:
        return

    answers = await gather_outcomes(cloud.services.regions(project) for project in projects)
    if any(isinstance(answer, CloudError) for answer in answers):
        # Without the list of regions none can be called unknown.
        return
    known = {region for answer in answers if not isinstance(answer, CloudError) for region in answer}
    for region in empty:
        if region not in known:
            raise Stop(f"Unknown region {region[:80]!r}; {_hint(region, known)}", Exit.USAGE)


def _hint(region: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(region, known, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    names = sorted(known)
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"there are {', '.join(names[:MAX_LISTED])}{more}."
