"""Asks the API to validate a change before anything is written."""

from __future__ import annotations

from cfconsole.cli.changes.outcome import Failure
from cfconsole.cli.exits import Exit
from cfconsole.cli.setup.context import exit_for
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.single_write import write_of
from cfconsole.domain.releases.steps import StepKind
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.session.ports import ServicesPort


async def validate_with_api(services: ServicesPort, plan: Plan, values: tuple[tuple[str, str], ...]) -> Failure | None:
    """Why the API would reject the first write. It is asked only what no plan can know, such as about an image."""
    write = first_write(plan, values)
    if write is None:
        return None
    try:
        await services.write(plan.service, write, etag=plan.etag, validate_only=True)
    except CloudError as error:
        if error.kind is ErrorKind.CONFLICT:
            # The write itself starts with a fresh read, which shows whose change it was.
            return None
        code = Exit.USAGE if error.kind is ErrorKind.INVALID else exit_for(error)
        return Failure(f"nothing was changed: {error.sentence}", code)
    return None


def first_write(plan: Plan, values: tuple[tuple[str, str], ...]) -> ServiceWrite | None:
    """The write that creates a revision or scales. `None` for a plan that only moves traffic."""
    step = plan.steps[0] if plan.steps else None
    if step and step.kind is StepKind.CREATE:
        return ServiceWrite(step.mask, step.targets, plan.change, values)
    return write_of(plan) if plan.scaling else None
