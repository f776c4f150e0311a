"""Simulated images: the prefix of an image's tag selects how its container behaves."""

from __future__ import annotations

from msgspec import Struct

NOT_STARTED = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT={port} environment variable within the allocated timeout."
)


class Behaviour(Struct, frozen=True):
    """How a revision with a simulated image starts and answers."""

    name: str
    error_rate: float
    """The fraction of requests answered with 500."""
    median_ms: float
    spread: float
    """Sigma of the log-normal latency: 0.4 puts p95 at about twice the median, 1.1 at about six times."""
    start_failure: str = ""
    """The reason why the revision never becomes Ready; empty if it does."""
    leaks: bool = False
    """Whether memory grows with every request until the instance is killed."""
    flaky_health: bool = False
    """Whether the health check fails now and then."""
    prints_errors: bool = False
    """Whether tracebacks are printed to stderr, where each line becomes an entry, instead of being logged."""


BEHAVIOURS = {
    behaviour.name: behaviour
    for behaviour in (
        Behaviour("ok", 0.0, 60, 0.4),
        Behaviour("broken", 0.12, 500, 1.1),
        Behaviour("slow", 0.002, 1_400, 0.5),
        Behaviour("flaky", 0.01, 90, 0.6, flaky_health=True),
        Behaviour("leak", 0.001, 80, 0.5, leaks=True, prints_errors=True),
        Behaviour(
            "crash",
            1.0,
            0,
            0,
            start_failure=NOT_STARTED.format(port=8080),
        ),
        Behaviour("missing", 1.0, 0, 0, start_failure="Image '{image}' not found."),
    )
}
MISSING_IMAGE = "missing"


def behaviour_of(image: str) -> Behaviour:
    """The behaviour whose name the tag of `image` begins with; the healthy one for any other tag."""
    tag = image_tag(image)
    for name, behaviour in BEHAVIOURS.items():
        if tag.startswith(name):
            return behaviour
    return BEHAVIOURS["ok"]


def image_tag(image: str) -> str:
    """The tag of an image reference; empty if it has none."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]
