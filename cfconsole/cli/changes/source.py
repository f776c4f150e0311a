"""Deploys a function from source: finds it, checks and packs its directory, and hands a request to the change engine.

Nothing is changed here. The upload is the first thing that the release does.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.deploy_options import SourceOptions
from cfconsole.cli.changes.outcome import ChangeOutcome, Failure, SourceReport
from cfconsole.cli.changes.run import ChangeArguments, ChangeResult, run_changes
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.output.document import print_note
from cfconsole.cli.setup.context import CommandContext
from cfconsole.cli.setup.service_names import FoundServices, find_services, parse_name
from cfconsole.domain.fleet.services import Function, ServiceKey
from cfconsole.domain.releases.model import Plan, Refusal
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import source_refusal
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.source.packages import SourceRefusal, SourceSpec
from cfconsole.domain.text import Scrubber
from cfconsole.session.releases.step_writer import get_service_or_none
from cfconsole.store.source.packer import SourcePacker


class SourceArguments(Struct, frozen=True):
    """What the command line says about a function to build from source."""

    service: str
    source: SourceOptions
    options: DeployOptions
    terms: Terms


async def deploy_source(
    context: CommandContext, arguments: SourceArguments, show_plan: Callable[[Plan], None]
) -> ChangeResult:
    """Raises `CloudError`, and `Stop` where it is not clear which function is meant."""
    found, request = await _prepare(context, arguments)
    if isinstance(request, SourceRequest):
        change = ChangeArguments(request, arguments.terms, may_be_unrecorded=False)
        outcomes = await run_changes(context, found.keys, change, show_plan)
        return ChangeResult(outcomes, found.warnings, SourceReport(request.source))
    (key,) = found.keys
    lines = request.lines if isinstance(request, SourceRefusal) else ()
    end = _not_uploaded(request) if isinstance(request, SourceRefusal) else request
    outcome = ChangeOutcome(SourceRequest.kind, key, end=end)
    return ChangeResult((outcome,), found.warnings, SourceReport(lines=lines))


async def _prepare(
    context: CommandContext, arguments: SourceArguments
) -> tuple[FoundServices, SourceRequest | SourceRefusal | Refusal]:
    """The function, with what to plan for it or why there is nothing to plan."""
    if arguments.source.create:
        found, function = FoundServices((await _new_key(context, arguments.service),)), None
    else:
        found = await find_services(context.cloud, context.scope, (arguments.service,))
        (key,) = found.keys
        service = await context.cloud.services.get_service(key)
        refusal = source_refusal(PlanFacts(service, ()), arguments.options)
        if refusal:
            return found, refusal
        function = service.function
    return found, await _request(context, arguments, found.keys[0], function)


async def _new_key(context: CommandContext, service: str) -> ServiceKey:
    """Where a function is created. It is never guessed. Raises `Stop`."""
    scope, name = context.scope, parse_name(service, context.scope)
    projects = (name.project,) if name.project else scope.projects
    regions = (name.region,) if name.region else scope.regions
    if len(projects) != 1 or len(regions) != 1:
        raise Stop(f"Say where to create {name.name}: REGION/NAME or PROJECT/REGION/NAME.", Exit.USAGE)
    key = ServiceKey(projects[0], regions[0], name.name)
    if await get_service_or_none(context.cloud.services, key):
        raise Stop(f"{key} already exists; deploy to it without --create.", Exit.REFUSED)
    return key


async def _request(
    context: CommandContext, arguments: SourceArguments, key: ServiceKey, function: Function | None
) -> SourceRequest | SourceRefusal:
    """The request with the packed source, once every check on this machine has passed."""
    source = arguments.source
    packed = await SourcePacker(Scrubber(context.config.redact.patterns)).pack(
        SourceSpec(
            source.directory,
            source.runtime or (function.runtime if function else ""),
            source.entry_point or (function.entry_point if function else ""),
            source.run_tests,
        )
    )
    if isinstance(packed, SourceRefusal):
        return packed
    for check in packed.passed_checks:
        print_note(f"{key}: {check}")
    return SourceRequest(arguments.options, packed, source.runtime, source.entry_point, source.create)


def _not_uploaded(refusal: SourceRefusal) -> Failure:
    return Failure(f"nothing was uploaded: {refusal.sentence}", Exit.REFUSED)
