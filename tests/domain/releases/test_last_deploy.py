"""The last deploy of a service: which revision, and since when it has traffic where that is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.last_deploy import LastDeploy, last_deploy
from cfconsole.domain.releases.model import Release, ReleaseState
from tests.builders import NOW, full, key, plan, release, revision, revisions, service, share

CREATED = revision("00042").created_at
SHIFTED = NOW - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("serving", "logged", "newest"),
    [
        ("00042", (), "00042"),
        ("00041", (), "00041"),
        ("00041", (full("00042"),), "00042"),
        ("00009", (), ""),
    ],
)
def test_the_last_deploy_is_the_newest_that_served(serving: str, logged: tuple[str, ...], newest: str) -> None:
    found = last_deploy(service(effective=(share(serving, 100),)), revisions(), logged)
    assert found == (LastDeploy(full(newest), revision(newest).created_at) if newest else None)
    assert found is None or found.at < NOW - timedelta(hours=1)


def given(
    kind: ReleaseKind = ReleaseKind.SHIFT,
    to: str = "00042",
    minutes: float = 30,
    before: str = "00041",
    **changes: object,
) -> Release:
    made = plan(kind=kind, target=full(to), before=(share(before, 100),))
    started = NOW - timedelta(minutes=minutes)
    return replace(release(made, started_at=started), **changes)


def found(*releases: Release, names: Iterable[str] = ("00042",)) -> LastDeploy | None:
    return last_deploy(service(effective=(share("00042", 100),)), revisions(), map(full, names), releases)


@pytest.mark.parametrize("kind", [ReleaseKind.SHIFT, ReleaseKind.PROMOTE, ReleaseKind.TO_LATEST, ReleaseKind.DEPLOY])
def test_a_release_that_gave_it_traffic_says_since_when(kind: ReleaseKind) -> None:
    assert found(given(kind)) == LastDeploy(full("00042"), SHIFTED, took_traffic=True)


@pytest.mark.parametrize(
    "release",
    [
        given(ReleaseKind.ROLLBACK),
        given(ReleaseKind.UNDO),
        given(state=ReleaseState.PLANNED),
        given(state=ReleaseState.FAILED),
        given(state=ReleaseState.SUPERSEDED),
        given(to="00041"),
        given(before="00042"),
        given(minutes=24 * 60),
        replace(given(), plan=plan(kind=ReleaseKind.SHIFT, target="")),
        replace(given(), plan=plan(kind=ReleaseKind.SHIFT, target=full("00042"), service=key("billing"))),
    ],
)
def test_else_it_is_as_old_as_it_is(release: Release) -> None:
    assert found(release) == LastDeploy(full("00042"), CREATED)


def test_the_first_time_counts_and_what_served_before_is_not_new_again() -> None:
    assert found(given(minutes=10), given(minutes=30)) == LastDeploy(full("00042"), SHIFTED, took_traffic=True)
    away = given(ReleaseKind.SHIFT, to="00041", minutes=50, before="00042")
    assert found(given(minutes=30), away) == LastDeploy(full("00042"), CREATED)


def test_an_older_revision_that_takes_traffic_last_is_the_last_deploy() -> None:
    promoted = given(to="00041", before="00042", minutes=5)
    deploy = found(promoted, names=("00041", "00042"))
    assert deploy == LastDeploy(full("00041"), NOW - timedelta(minutes=5), took_traffic=True)
