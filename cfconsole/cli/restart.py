"""`cfconsole restart`: a new revision of the very same image, without a screen."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cfconsole.cli.change import carry_out, step_options
from cfconsole.cli.change_choice import Terms, Wish
from cfconsole.cli.change_run import ChangeRequest
from cfconsole.cli.deploy_asking import understood_bake
from cfconsole.cli.options import asked, global_options
from cfconsole.cli.output import rfc3339
from cfconsole.cli.wiring import read_setup
from cfconsole.domain.deploy_planning import plan_restart
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.release_kinds import ReleaseKind
from cfconsole.domain.releases import Plan, Refusal


@click.command("restart")
@global_options
@click.argument("service")
@click.option("--bake", metavar="SPAN", default="", help="How long it is watched: 2m; 0s for not at all.")
@step_options
@click.pass_context
def restart_command(
    context: click.Context,
    service: str,
    bake: str,
    terms: Terms,
) -> None:
    """Restart SERVICE: a new revision with nothing changed takes the traffic once it is Ready."""
    config, _ = read_setup(asked(context))
    bake_s = understood_bake(bake) if bake else float(config.releases.bake)
    mark = rfc3339(datetime.now(UTC)) or ""

    def plan(facts: PlanFacts) -> Plan | Refusal:
        return plan_restart(facts, mark, config.releases.policy(facts.service.key.name), bake_s)

    wish = Wish(ReleaseKind.RESTART, planner=plan)
    request = ChangeRequest((service,), wish, terms, may_be_unrecorded=False)
    context.exit(carry_out(context, request))
