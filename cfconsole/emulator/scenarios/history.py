"""The history of a scenario: metric points and log entries from before the start."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from cfconsole.emulator.gateway.reporter import Reporter, ServedRequest
from cfconsole.emulator.images import Behaviour
from cfconsole.emulator.scenarios.scenario import Scenario
from cfconsole.emulator.sinks import EntrySink, MetricSink
from cfconsole.emulator.world.audit import SERVICES_API, audit_entry, audit_request
from cfconsole.emulator.world.names import ServiceName, short
from cfconsole.emulator.world.traffic import RevisionShare
from cfconsole.emulator.world.world import ServiceRecord, World

LATENCY_SAMPLES = 12
LOGGED_S = 600.0
LOGGED_REQUESTS = 25
"""Logged requests of each service before the start, over `LOGGED_S`; fewer if there are many services."""
MAX_LOGGED_REQUESTS = 4_000


class History:
    """Synthesises metric points and log entries for the services of a scenario."""

    def __init__(self, world: World, scenario: Scenario, requests: MetricSink, seed: int) -> None:
        self._world = world
        self._requests = requests
        self._random = random.Random(seed)
        total = sum(spec.weight for spec in scenario.services)
        self._rates = {
            ServiceName(scenario.project, spec.region, spec.name): scenario_rate(scenario) * spec.weight / total
            for spec in scenario.services
        }

    def measure_past(self, seconds: float, period_s: float) -> None:
        """Records metric points for the last `seconds`, one for each sample period."""
        now = self._world.clock.now()
        for step in range(int(seconds / period_s), 0, -1):
            self.measure(now - timedelta(seconds=step * period_s), period_s)

    def measure(self, at: datetime, period_s: float) -> None:
        """Records the metric points of every service for one sample period."""
        wave = 1 + 0.15 * math.sin(at.timestamp() / 700)
        for record, share in self._shares():
            expected = self._rates[record.name] * share.percent / 100 * period_s * wave
            self._measure_share(record, share.revision, expected, at)

    def write_logs(self, logs: EntrySink, reporter: Reporter) -> None:
        """Writes recent requests of every service, and the audit entries of all deploys."""
        now = self._world.clock.now()
        logged = min(LOGGED_REQUESTS, MAX_LOGGED_REQUESTS / max(1, len(self._rates)))
        for record, share in self._shares():
            for _ in range(round(logged * share.percent / 100)):
                at = now - timedelta(seconds=self._random.uniform(1, LOGGED_S))
                reporter.log(self._past_request(record, share.revision, at))
        for record in self._world.services():
            self._write_deploys(logs, record)

    def _shares(self) -> Iterator[tuple[ServiceRecord, RevisionShare]]:
        for record in self._world.services():
            for share in record.routing.shares:
                yield record, share

    def _measure_share(self, record: ServiceRecord, revision: str, expected: float, at: datetime) -> None:
        behaviour = record.behaviours[revision]
        count = self._random_count(expected)
        failed = self._random_count(count * behaviour.error_rate)
        name = record.name
        for code, number in ((200, count - failed), (500, failed)):
            if number > 0:
                self._requests.record_requests(
                    project=name.project,
                    region=name.region,
                    service=name.service,
                    revision=revision,
                    response_code=code,
                    count=number,
                    latencies_ms=[self._latency_ms(behaviour) for _ in range(min(number, LATENCY_SAMPLES))],
                    at=at,
                )
        self._requests.record_instances(
            project=name.project,
            region=name.region,
            service=name.service,
            revision=revision,
            active=1 + count // 200,
            idle=0,
            at=at,
        )

    def _past_request(self, record: ServiceRecord, revision: str, at: datetime) -> ServedRequest:
        behaviour = record.behaviours[revision]
        uri = self._world.logged_uri(record.name)
        return ServedRequest(record.name, revision, "GET", f"{uri}/", 200, self._latency_ms(behaviour), at)

    def _write_deploys(self, logs: EntrySink, record: ServiceRecord) -> None:
        for number, revision in enumerate(record.revisions.values()):
            method = f"{SERVICES_API}.{'UpdateService' if number else 'CreateService'}"
            created = run_v2.Revision.pb(revision).create_time.ToDatetime(tzinfo=UTC)
            template = run_v2.RevisionTemplate(revision=short(revision.name))
            service = run_v2.Service(name=str(record.name), template=template)
            mask = field_mask_pb2.FieldMask(paths=["template"])
            request = audit_request(run_v2.UpdateServiceRequest(service=service, update_mask=mask)) if number else None
            logs.write(
                audit_entry(record.name, method, revision.creator, created, self._world.next_uid(), request=request)
            )

    def _random_count(self, expected: float) -> int:
        """A random whole number with the mean `expected`."""
        floor = math.floor(expected)
        return floor + (self._random.random() < expected - floor)

    def _latency_ms(self, behaviour: Behaviour) -> float:
        return behaviour.median_ms * math.exp(self._random.gauss(0, behaviour.spread))


def scenario_rate(scenario: Scenario) -> float:
    """The requests per second of all services together, according to the metrics."""
    return (
        max(scenario.requests_per_s, float(len(scenario.services))) if scenario.synthesised else scenario.requests_per_s
    )
