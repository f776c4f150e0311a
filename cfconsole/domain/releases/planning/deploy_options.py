"""The options of a deploy, and whether they make sense for the service as it is."""

import re
from itertools import pairwise

from msgspec import Struct

from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.releases.model import Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.new_plan import invalid
from cfconsole.domain.releases.steps import EnvChange, Policy, Strategy, TemplateChange
from cfconsole.domain.text import mask_env

CANARY_STEPS = (5, 25, 50, 100)

_IMAGE = re.compile(r"[\w.\-:/@]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_RESERVED = re.compile(r"PORT|K_SERVICE|K_REVISION|K_CONFIGURATION|X_GOOGLE_.*")
"""Variables that Cloud Run sets itself and refuses (container contract)."""
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?")


class DeployOptions(Struct, frozen=True):
    """What an operator chose for a deploy. Values of variables may be secret: never display or store options."""

    image: str = ""
    env: tuple[tuple[str, str | None], ...] = ()
    """Name and value; `None` removes the variable."""
    limits: tuple[tuple[str, str], ...] = ()
    """Such as `("memory", "512Mi")`."""
    container: str = ""
    """The container that image, variables and limits apply to; empty: the one that takes requests."""
    strategy: Strategy = Strategy.ALL_AT_ONCE
    steps: tuple[int, ...] = CANARY_STEPS
    """Percent of each step of a canary."""
    bake_s: float = 120.0
    policy: Policy = Policy()


def options_refusal(options: DeployOptions) -> Refusal | None:
    """What is wrong with the options themselves, whatever the service is like."""
    if options.image and not _IMAGE.fullmatch(options.image):
        return invalid(
            f"{options.image[:80]!r} is not an image; write it like REGION-docker.pkg.dev/PROJECT/REPO/NAME:TAG"
        )
    return _env_refusal(options) or _limit_refusal(options) or steps_refusal(options)


def steps_refusal(options: DeployOptions) -> Refusal | None:
    """What is wrong with the steps and the bake."""
    steps = options.steps
    rising = all(one < other for one, other in pairwise((0, *steps)))
    if options.strategy is Strategy.CANARY and not (rising and steps[-1:] == (100,)):
        return invalid("canary steps must rise and end at 100; write them like 5,25,50,100")
    if options.bake_s < 0:
        return invalid("a bake can't be negative; write it like 2m, or 0s for none")
    return None


def choose_container(template: Revision, named: str) -> str | Refusal:
    """The container to change: the named one, else the one with ports. Empty if there is only one."""
    containers = template.containers
    names = tuple(container.name for container in containers)
    if named:
        if named in names:
            return named
        sentence = f"{template.short} has no container {named!r}"
        return Refusal(RefusalReason.NOT_FOUND, f"{sentence}; name one of its containers", names)
    if len(containers) < 2:
        return ""
    with_ports = [container.name for container in containers if container.ports]
    if len(with_ports) == 1:
        return with_ports[0]
    sentence = (
        f"{template.short} has {len(containers)} containers and it is not clear which one takes requests; name one"
    )
    return Refusal(RefusalReason.AMBIGUOUS, sentence, names)


def template_change(options: DeployOptions, container: str) -> TemplateChange:
    """The change of the template, with the values of variables masked."""
    return TemplateChange(
        container, options.image, tuple(_masked(name, value) for name, value in options.env), options.limits
    )


def template_of(facts: PlanFacts) -> Revision:
    """The revision with the service's template: the newest one. There must be a revision."""
    return facts.revision(facts.service.latest_created) or facts.newest_first[0]


def _masked(name: str, value: str | None) -> EnvChange:
    if value is None:
        return EnvChange(name, removed=True)
    # Without its digest, which nothing compares and which would stay in the journal.
    return EnvChange(name, mask_env(name, value, b"").display)


def _env_refusal(options: DeployOptions) -> Refusal | None:
    for name, _ in options.env:
        if not _VARIABLE.fullmatch(name):
            return invalid(f"{name[:80]!r} is not a variable name; use letters, digits and _")
        if _RESERVED.fullmatch(name):
            return invalid(f"{name} is set by Cloud Run itself; leave it out")
    names = [name for name, _ in options.env]
    twice = next((name for name in names if names.count(name) > 1), "")
    return invalid(f"{twice} is given twice; give it once") if twice else None


def _limit_refusal(options: DeployOptions) -> Refusal | None:
    for name, value in options.limits:
        if not _QUANTITY.fullmatch(value):
            return invalid(f"{value[:80]!r} is not a valid {name} limit; write it like 512Mi, 2 or 500m")
    return None
