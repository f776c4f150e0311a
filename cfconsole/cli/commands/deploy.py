"""`cfconsole deploy`: rolls out a new revision of a service, without a screen."""

from __future__ import annotations

import os

import click
from msgspec.structs import astuple, replace

from cfconsole.cli.changes.command import run_change, run_source_deploy, step_options
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.deploy_options import (
    SourceOptions,
    StepOptions,
    TemplateOptions,
    check_source,
    deploy_options,
    source_options,
)
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.changes.source import SourceArguments
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options, invocation_options, option_group
from cfconsole.cli.setup.wiring import read_setup
from cfconsole.domain.releases.planning.request import DeployRequest
from cfconsole.domain.releases.steps import Strategy

_template_options = option_group(
    "template",
    TemplateOptions,
    click.option("--image", metavar="URI", default="", help="The container image of the new revision."),
    click.option(
        "--env", metavar="NAME=VALUE", multiple=True, help="Set a variable; NAME alone takes this shell's value."
    ),
    click.option("--remove-env", metavar="NAME", multiple=True, help="Remove a variable."),
    click.option("--cpu", metavar="N", default="", help="CPU limit of the container, e.g. 1, 2 or 500m."),
    click.option("--memory", metavar="SIZE", default="", help="Memory limit of the container, e.g. 512Mi."),
    click.option("--container", metavar="NAME", default="", help="Container name, where the service has several."),
)
_steps_options = option_group(
    "steps",
    lambda strategy, **others: StepOptions(strategy or "", **others),
    click.option(
        "--strategy",
        type=click.Choice([strategy.value for strategy in Strategy]),
        help="How the new revision takes the traffic.",
    ),
    click.option("--steps", metavar="PERCENTS", default="", help="Canary steps in percent, e.g. 5,25,50,100."),
    click.option("--bake", metavar="SPAN", default="", help="How long each step is watched, e.g. 2m; 0s: not at all."),
    click.option(
        "--delete-failed", is_flag=True, help="Delete the new revision if it fails; Cloud Run always keeps the latest."
    ),
)


@click.command("deploy")
@global_options
@click.argument("service")
@_template_options
@_steps_options
@source_options
@step_options
@click.pass_context
def deploy_command(
    context: click.Context,
    service: str,
    template: TemplateOptions,
    steps: StepOptions,
    source: SourceOptions,
    terms: Terms,
) -> None:
    """Deploy a new revision of SERVICE step by step; traffic is restored if it is unhealthy.

    With --source a function is built from its source, checked and tested locally first.

    The release runs in a process of its own: it continues if this command, its terminal or its connection is lost.
    """
    check_source(source, other=bool(template.image or template.container))
    if not source.directory and not any(astuple(replace(template, container=""))):
        raise Stop("Nothing to deploy: give --image, --source, --env, --remove-env, --cpu or --memory.", Exit.USAGE)
    config, _ = read_setup(invocation_options(context))
    options = deploy_options(template, steps, config.releases, service.rpartition("/")[2], os.environ)
    if source.directory:
        context.exit(run_source_deploy(context, SourceArguments(service, source, options, terms)))
    change = ChangeArguments(DeployRequest(options), terms, may_be_unrecorded=False)
    context.exit(run_change(context, (service,), change))
