"""The deploy of a function from source: what is built, and how far the build is."""

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey


class UploadedSource(Struct, frozen=True):
    """An uploaded archive that is not deployed yet. Opaque: it is handed back as received."""

    bucket: str
    object: str
    generation: int = 0


class SourceBuild(Struct, frozen=True):
    """A function to build from source, and where the source is."""

    function: str
    """The function's own name, which may differ from its service's."""
    summary: str = ""
    """What the source is, in words."""
    source: UploadedSource | None = None
    """`None` until the source is uploaded, after the plan is approved."""
    runtime: str = ""
    entry_point: str = ""
    """An empty runtime or entry point stays as it is."""
    create: bool = False
    """Whether the function does not exist yet."""


class FunctionDeploy(Struct, frozen=True):
    """A write to a function. Empty values stay as they are; a new function needs runtime and entry point."""

    key: ServiceKey
    """Project, region and the function's own name, which may differ from its service's."""
    source: UploadedSource
    runtime: str = ""
    entry_point: str = ""
    serves_latest: bool | None = None
    """`True` gives the new revision all traffic, whatever the split; `False` leaves the split alone."""
    env: tuple[tuple[str, str | None], ...] = ()
    """Variables to set, or to remove with `None`; the others stay."""
    limits: tuple[tuple[str, str], ...] = ()
    """Limits of `cpu` and `memory`."""


class StageState(Struct, frozen=True):
    """One stage of a deploy, as the API reports it. A stage never fails; the operation does."""

    name: str
    """In words, such as `build`, `service` or `trigger`."""
    state: str
    """`not started`, `in progress` or `complete`."""
    message: str = ""
    uri: str = ""
    """Where the stage's own log can be read."""


class BuildState(Struct, frozen=True):
    """The state of a deploy from source."""

    done: bool
    stages: tuple[StageState, ...] = ()
    error: str = ""
    """Why it failed, as a sentence; else empty."""
    error_lines: tuple[str, ...] = ()
    """The output of the build."""
    failed_stage: str = ""
    service: ServiceKey | None = None
    """The service that runs the function, once the deploy is done."""
    revision: str = ""
    """The revision that the deploy created."""
    accepted: bool = True
    """Whether the function shows the deploy; false only for a deploy whose operation is unknown."""
