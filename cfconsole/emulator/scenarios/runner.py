"""Runs a scenario in the background: history, load, instances, alerts and the story."""

from __future__ import annotations

from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.observability import Observability
from cfconsole.emulator.scenarios.history import History
from cfconsole.emulator.scenarios.load import Load, LoadTarget
from cfconsole.emulator.scenarios.scenario import Scenario, StoryContext
from cfconsole.emulator.world.names import ServiceName

MAX_LOAD_TARGETS = 20
"""Only the first services of a fleet get real requests."""


class ScenarioRunner:
    """Runs one scenario while the emulator serves it."""

    def __init__(
        self, scenario: Scenario, story_context: StoryContext, gateway: Gateway, observability: Observability, seed: int
    ) -> None:
        self._scenario = scenario
        self._story_context = story_context
        self._gateway = gateway
        self._observability = observability
        self._seed = seed
        self._history = History(story_context.world, scenario, observability.metrics, seed)

    def start(self, *, with_requests: bool) -> None:
        """Writes the history and starts everything else as background tasks."""
        self._history.measure_past(self._scenario.history_s, self._observability.metrics.sample_period_s)
        self._history.write_logs(self._observability.logs, self._story_context.reporter)
        background = self._story_context.world.background
        background.start(self._measure())
        background.start(self._observability.alerts.run())
        background.start(self._scenario.story(self._story_context))
        if with_requests:
            background.start(self._load().run())

    async def _measure(self) -> None:
        """Records the instances of all services, and synthesised requests where real ones would cost too much."""
        clock = self._story_context.world.clock
        period_s = self._observability.metrics.sample_period_s
        while True:
            if self._scenario.synthesised:
                self._history.measure(clock.now(), period_s)
            else:
                self._gateway.report_instances()
            await clock.sleep(period_s)

    def _load(self) -> Load:
        world = self._story_context.world
        targets = []
        for spec in self._scenario.services[:MAX_LOAD_TARGETS]:
            record = world.record(ServiceName(self._scenario.project, spec.region, spec.name))
            targets.append(LoadTarget(record.service.uri, spec.weight))
        return Load(targets, self._scenario.requests_per_s, world.clock, self._seed)
