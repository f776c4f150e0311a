"""Owns a deploy of a function from source: what is asked for, and how far the cloud is with it."""

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey


class UploadedSource(Struct, frozen=True):
    """An archive in the cloud's storage that nobody has deployed yet. Opaque: it is handed back as it came."""

    bucket: str
    object: str
    generation: int = 0


class SourceBuild(Struct, frozen=True):
    """A function that is built from source, and where the source is."""

    function: str
    """The function's own name, which its service may not have."""
    summary: str = ""
    """What the source is, in words."""
    source: UploadedSource | None = None
    """`None` until it is uploaded, which is after the plan was approved."""
    runtime: str = ""
    entry_point: str = ""
    """Both empty: as they are."""
    create: bool = False
    """Whether there is no such function yet."""


class FunctionDeploy(Struct, frozen=True):
    """What is written to a function. What is empty stays as it is; a new function needs runtime and entry point."""

    key: ServiceKey
    """Project, region and the function's own name, which may differ from its service's."""
    source: UploadedSource
    runtime: str = ""
    entry_point: str = ""
    serves_latest: bool | None = None
    """`True` gives the new revision all traffic, whatever the split is; `False` leaves the split alone."""
    env: tuple[tuple[str, str | None], ...] = ()
    """Variables to set, or with `None` to remove; the others stay."""
    limits: tuple[tuple[str, str], ...] = ()
    """Of `cpu` and `memory`."""


class StageState(Struct, frozen=True):
    """One stage of a deploy, as the API tells it. No stage ever fails: the operation does."""

    name: str
    """Such as `build`, `service`, `trigger`; in words."""
    state: str
    """`not started`, `in progress` or `complete`."""
    message: str = ""
    uri: str = ""
    """Where the stage's own log can be read."""


class BuildState(Struct, frozen=True):
    """How far a deploy from source is."""

    done: bool
    stages: tuple[StageState, ...] = ()
    error: str = ""
    """A sentence, empty unless it failed."""
    error_lines: tuple[str, ...] = ()
    """What the build itself said."""
    failed_stage: str = ""
    service: ServiceKey | None = None
    """The service that runs the function, once it is done."""
    revision: str = ""
    """The revision that the deploy made."""
    accepted: bool = True
    """Whether the function shows the deploy at all; only one whose operation is not known can be not taken."""
