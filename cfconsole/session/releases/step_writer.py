"""Sends the writes of a release in steps, once each, with the answer of the API."""

from __future__ import annotations

from typing import assert_never

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.releases.rollout.machine import with_answer
from cfconsole.domain.releases.rollout.values import Rollout, SendWrite, WriteKind
from cfconsole.domain.releases.steps import CREATE_MASK, Answer
from cfconsole.domain.releases.writes import ServiceWrite, answer_of
from cfconsole.session.ports import Cloud
from cfconsole.session.releases.build_writer import send_build
from cfconsole.session.releases.ports import VariableValues


class StepWriter:
    """The writes of one release. It never repeats a write; after a conflict the release machine decides about that."""

    def __init__(self, cloud: Cloud, values: VariableValues) -> None:
        self._cloud = cloud
        self._values = values

    async def validate(self, decision: SendWrite) -> Rollout | None:
        """Asks the API to validate a new revision before anything changes. Returns its answer if it refuses."""
        if decision.mask != CREATE_MASK:
            return None
        try:
            await self._write(decision, validate_only=True)
        except CloudError as error:
            if error.kind in OUTCOME_UNKNOWN:
                # A validation changes nothing, so the outcome is known.
                error = CloudError(ErrorKind.INVALID, f"it could not be validated: {error.sentence}")
            return _with_error(decision, error)
        return None

    async def send(self, decision: SendWrite) -> Rollout:
        """Sends a write. Returns the release with the answer."""
        try:
            operation = await self._write(decision, validate_only=False)
        except CloudError as error:
            return _with_error(decision, error)
        return with_answer(decision.rollout, Answer.ACCEPTED, operation=operation)

    async def _write(self, decision: SendWrite, *, validate_only: bool) -> str:
        match decision.kind:
            case WriteKind.BUILD:
                return await send_build(self._cloud, decision, self._values)
            case WriteKind.STEP | WriteKind.PROMOTE | WriteKind.RESTORE:
                key, values = decision.rollout.plan.service, self._values if decision.change else ()
                write = ServiceWrite(decision.mask, decision.targets, decision.change, values, decision.scaling)
                written = await self._cloud.services.write(key, write, etag=decision.etag, validate_only=validate_only)
                return written.operation
            case _:
                assert_never(decision.kind)


def _with_error(decision: SendWrite, error: CloudError) -> Rollout:
    return with_answer(decision.rollout, answer_of(error), error=error.sentence)
