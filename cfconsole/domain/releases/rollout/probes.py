"""Probes over HTTP: what an answer says about a revision's health, the next path, and the pause between probes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cfconsole.domain.releases.model import Verdict
from cfconsole.domain.releases.steps import ProbePolicy

_NOT_ALLOWED = (401, 403)
_NOT_FOUND = 404


class ProbeAnswer(Struct, frozen=True):
    """The answer of one path; `status` is `None` if there was none."""

    path: str
    status: int | None = None
    error: str = ""


class ProbeResult(Struct, frozen=True):
    """The outcome of one probe, which may request several paths."""

    number: int
    verdict: Verdict
    sentence: str


def next_path(policy: ProbePolicy, answers: Sequence[ProbeAnswer]) -> str:
    """The path to request next; empty once the answers decide. Only a path that is not found leads to the next."""
    if any(answer.status != _NOT_FOUND for answer in answers):
        return ""
    return next(iter(policy.paths[len(answers) :]), "")


def probe_outcome(number: int, answers: Sequence[ProbeAnswer]) -> ProbeResult:
    """The result of the probe of that number. Without answers there was no path."""
    if not answers:
        return ProbeResult(number, Verdict.INCONCLUSIVE, "no path to probe; name one in the configuration")
    last = answers[-1]
    if last.status is None:
        return ProbeResult(number, Verdict.UNHEALTHY, f"{last.path} did not answer: {last.error}")
    if last.status == _NOT_FOUND:
        paths = " and ".join(answer.path for answer in answers)
        return ProbeResult(number, Verdict.INCONCLUSIVE, f"{paths} not found; name a health path in the configuration")
    if last.status in _NOT_ALLOWED:
        sentence = f"{last.path} answered {last.status}: the probe is not allowed to call this service"
        return ProbeResult(number, Verdict.INCONCLUSIVE, sentence)
    verdict = Verdict.HEALTHY if last.status < 400 else Verdict.UNHEALTHY
    return ProbeResult(number, verdict, f"{last.path} answered {last.status}")


def probe_pause(policy: ProbePolicy, failures: int) -> float:
    """Seconds to wait after a probe: longer with each failure, up to a bound."""
    return min(policy.max_pause_s, policy.pause_s * 2.0 ** min(max(failures - 1, 0), 30))
