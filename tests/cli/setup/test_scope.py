"""Which projects and guards a command works with, and the sentence where that can't be said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.setup.scope import Scope, needed_projects, scope_of
from cfconsole.config import Config
from cfconsole.config.reader import parse_config
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind

CONFIG = parse_config(
    """
default_context = "prod"
[contexts.prod]
projects = ["shop-prod"]
regions = ["us-central1"]
colour = "red"
guards = { rollback = "type-name" }
[contexts.lab]
projects = ["lab"]
emulator = true
read_only = true
""",
    "cfg.toml",
)


def resolved(
    tmp_path: Path,
    options: GlobalOptions | None = None,
    config: Config | None = None,
    environment: Mapping[str, str] | None = None,
) -> Scope:
    return scope_of(options or GlobalOptions(), config or Config(), environment or {}, tmp_path)


def test_the_default_context_brings_its_guards(tmp_path: Path) -> None:
    scope = resolved(tmp_path, config=CONFIG)
    assert (scope.projects, scope.regions, scope.colour) == (("shop-prod",), ("us-central1",), "red")
    assert scope.guards == {ReleaseKind.ROLLBACK: GuardLevel.TYPE_NAME}


def test_a_project_without_a_context_has_no_context(tmp_path: Path) -> None:
    scope = resolved(tmp_path, GlobalOptions(projects=("other",)), CONFIG)
    assert (scope.context, scope.projects, scope.guards) == ("", ("other",), {})


def test_read_only_is_true_when_anyone_says_so(tmp_path: Path) -> None:
    assert resolved(tmp_path, GlobalOptions(context="lab"), CONFIG).read_only
    assert resolved(tmp_path, GlobalOptions(context="prod", read_only=True), CONFIG).read_only


def test_an_unknown_context_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="lab, prod") as caught:
        resolved(tmp_path, GlobalOptions(context="nope"), CONFIG)
    assert caught.value.code == Exit.USAGE


def test_where_no_context_is_defined_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="the configuration defines none, so leave --context out"):
        resolved(tmp_path, GlobalOptions(context="nope"))


def test_the_guards_of_a_context_reach_no_other_project(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="does not contain project 'shop-prod'") as caught:
        resolved(tmp_path, GlobalOptions(context="lab", projects=("shop-prod",)), CONFIG)
    assert caught.value.code == Exit.USAGE
    assert resolved(tmp_path, GlobalOptions(context="lab", projects=("lab",)), CONFIG).read_only


def test_on_an_emulator_only_contexts_made_for_it_are_taken(tmp_path: Path) -> None:
    environment = {"CFCONSOLE_EMULATOR_HOST": "127.0.0.1:8085"}
    with pytest.raises(Stop, match="emulator = true"):
        resolved(tmp_path, GlobalOptions(context="prod"), CONFIG, environment)
    assert resolved(tmp_path, GlobalOptions(context="lab"), CONFIG, environment).emulator is not None


@pytest.mark.parametrize("address", ["localhost", "localhost:", "localhost:x", "localhost:0", "localhost:99999"])
def test_an_emulator_address_needs_a_port(tmp_path: Path, address: str) -> None:
    with pytest.raises(Stop, match="HOST:PORT"):
        resolved(tmp_path, environment={"CFCONSOLE_EMULATOR_HOST": address})


@pytest.mark.parametrize("variable", ["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"])
def test_the_environment_may_name_the_project(tmp_path: Path, variable: str) -> None:
    assert resolved(tmp_path, environment={variable: "from-env"}).projects == ("from-env",)


def test_gcloud_may_name_the_project(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud" / "configurations"
    folder.mkdir(parents=True)
    (folder.parent / "active_config").write_text("work\n")
    (folder / "config_work").write_text("[core]\nproject = from-gcloud\n")
    assert resolved(tmp_path).projects == ("from-gcloud",)


def test_a_broken_gcloud_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud" / "configurations"
    folder.mkdir(parents=True)
    (folder / "config_default").write_text("project = 1\n")
    with pytest.raises(Stop, match="config_default"):
        resolved(tmp_path)


def test_without_a_project_a_command_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="--project") as caught:
        needed_projects(resolved(tmp_path))
    assert caught.value.code == Exit.USAGE


def test_states_of_an_emulator_and_of_the_cloud_are_kept_apart(tmp_path: Path) -> None:
    options = GlobalOptions(projects=("p",))
    emulated = resolved(tmp_path, options, environment={"CFCONSOLE_EMULATOR_HOST": "127.0.0.1:1"})
    assert emulated.cache_key != resolved(tmp_path, options).cache_key
