"""Long-running operations of Cloud Run: how far they are and what became of them."""

from __future__ import annotations

from google.cloud import run_v2

from cfconsole.domain.fleet.reads import OperationState
from cfconsole.domain.fleet.services import Condition
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import operation_error
from cfconsole.gcp.protos.messages import Proto
from cfconsole.gcp.protos.services import condition_from


def operation_state(operation: Proto, scrub: Scrubber) -> OperationState:
    """A `google.longrunning.Operation` whose metadata and result are both a Cloud Run v2 `Service`."""
    error = operation_error(operation.error, "Cloud Run", scrub).sentence if operation.HasField("error") else ""
    return OperationState(operation.done, error, _condition(operation, scrub))


def _condition(operation: Proto, scrub: Scrubber) -> Condition:
    """The service's own condition, from the result once there is one; there are no stages to read."""
    packed = operation.response if operation.HasField("response") else operation.metadata
    service = run_v2.Service.pb(run_v2.Service())
    if not packed.Unpack(service):
        return Condition()
    return condition_from(service.terminal_condition, scrub)
