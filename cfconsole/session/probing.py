"""Asks a revision over HTTP whether it is well, path after path, as the policy of its release says."""

from __future__ import annotations

from cfconsole.domain.probes import ProbeAnswer, ProbeSeen, next_path, probe_outcome
from cfconsole.domain.release_steps import ProbePolicy
from cfconsole.session.ports import ProbesPort


async def probe(probes: ProbesPort, policy: ProbePolicy, url: str, number: int) -> ProbeSeen:
    """One probe: as many requests as it takes until the answers decide."""
    answers: list[ProbeAnswer] = []
    while path := next_path(policy, answers):
        answers.append(await probes.ask(url, path, timeout_s=policy.timeout_s))
    return probe_outcome(number, answers)
