"""`cfconsole rollback` and `cfconsole traffic`: which revisions serve, without a screen."""

from __future__ import annotations

import re

import click

from cfconsole.cli.changes.command import rollback_options, run_change
from cfconsole.cli.changes.consent import Terms
from cfconsole.cli.changes.run import ChangeArguments
from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import global_options
from cfconsole.domain.releases.planning.request import (
    PlanRequest,
    RollbackRequest,
    ShiftRequest,
    ToLatestRequest,
    UndoRequest,
)

_SHARE = re.compile(r"(?P<revision>[^=]+)=(?P<percent>[0-9]{1,3})%?")
_TAGGED = re.compile(r"(?P<tag>[^=]+)=(?P<revision>[^=]+)")


@click.command("rollback")
@global_options
@click.argument("services", metavar="SERVICE...", nargs=-1, required=True)
@click.option("--from", "bad", metavar="REVISION", default="", help="The bad revision; the target is chosen for you.")
@click.option("--to", "target", metavar="REVISION", default="", help="The revision that gets all traffic.")
@rollback_options
@click.pass_context
def rollback_command(
    context: click.Context,
    services: tuple[str, ...],
    bad: str,
    target: str,
    terms: Terms,
) -> None:
    """Move all traffic away from a bad revision of each SERVICE (NAME, REGION/NAME or PROJECT/REGION/NAME)."""
    change = ChangeArguments(RollbackRequest(bad, target), terms, named=(target,))
    context.exit(run_change(context, services, change))


@click.command("traffic")
@global_options
@click.argument("service")
@click.argument("shares", metavar="[REVISION=PERCENT]...", nargs=-1)
@click.option("--tag", "tags", metavar="TAG=REVISION", multiple=True, help="Tag a revision; the tag has its own URL.")
@click.option("--untag", metavar="TAG", multiple=True, help="Remove a tag.")
@click.option(
    "--to-latest", is_flag=True, help="Send all traffic to the latest Ready revision, now and after each deploy."
)
@click.option("--undo", is_flag=True, help="Undo this console's last change.")
@click.option(
    "--revision", "named", metavar="NAME", default="", help="Allow this revision to serve although it failed."
)
@rollback_options
@click.pass_context
def traffic_command(
    context: click.Context,
    service: str,
    shares: tuple[str, ...],
    tags: tuple[str, ...],
    untag: tuple[str, ...],
    to_latest: bool,
    undo: bool,
    named: str,
    terms: Terms,
) -> None:
    """Split the traffic of SERVICE, send all of it to the latest revision, or undo its last change.

    The remaining share goes to the other serving revisions, in proportion.
    """
    if sum((bool(shares or tags or untag), to_latest, undo)) != 1:
        raise Stop("Give REVISION=PERCENT (with --tag, --untag), --to-latest or --undo.", Exit.USAGE)
    if terms.unrecorded and not undo:
        raise Stop("--unrecorded works only with a rollback or --undo.", Exit.USAGE)
    split = ShiftRequest(tuple(map(_share, shares)), tuple(map(_tag, tags)), untag)
    request: PlanRequest = ToLatestRequest() if to_latest else UndoRequest() if undo else split
    # A revision that is named on the command line may serve although it failed.
    names = (*(name for name, percent in split.shares if percent), named)
    change = ChangeArguments(request, terms, names, may_be_unrecorded=undo)
    context.exit(run_change(context, (service,), change))


def _share(text: str) -> tuple[str, int]:
    match = _SHARE.fullmatch(text)
    if match is None:
        raise Stop(f"{text!r} is not a traffic share; write it like 00042=10.", Exit.USAGE)
    return match["revision"], int(match["percent"])


def _tag(text: str) -> tuple[str, str]:
    match = _TAGGED.fullmatch(text)
    if match is None:
        raise Stop(f"{text!r} is not a tag; write it like canary=00042.", Exit.USAGE)
    return match["tag"], match["revision"]
