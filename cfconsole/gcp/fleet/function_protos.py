"""Cloud Functions (2nd gen): from protobuf to the function facet of a service."""

from __future__ import annotations

from google.cloud import functions_v2

from cfconsole.domain.fleet.services import Function
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import Proto, enum_name, last_part

_GEN_2 = functions_v2.Environment.GEN_2


def is_second_generation(pb: Proto) -> bool:
    """`ListFunctions` returns the first generation too, which has no Cloud Run service."""
    return bool(pb.environment == _GEN_2)


def function_from(pb: Proto, scrub: Scrubber) -> Function:
    """The facet of a function (Cloud Functions v2 `Function`)."""
    return Function(
        name=scrub.line(last_part(pb.name)),
        state=enum_name(pb, "state"),
        runtime=scrub.line(pb.build_config.runtime),
        entry_point=scrub.line(pb.build_config.entry_point),
        event_trigger=scrub.line(pb.event_trigger.event_type),
        all_traffic_on_latest=pb.service_config.all_traffic_on_latest_revision,
        messages=tuple(scrub(m.message) for m in pb.state_messages),
    )
