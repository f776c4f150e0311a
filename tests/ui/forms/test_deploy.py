"""The form of a deploy as a value: what keys make of it, and the options that come out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Container, EnvVar, Revision
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import DeployRequest, values_of
from cfconsole.domain.releases.steps import Strategy
from cfconsole.ui.forms.deploy import DeployForm, deploy_form, options_of
from cfconsole.ui.forms.deploy_keys import paste, press
from cfconsole.ui.forms.fields import FieldKind
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.releases.deploy_form import form_rows
from tests.ui.shop import NOW, ORDERS, ago, revision

ENV = (EnvVar("API_KEY", "•••", "d1"), EnvVar("DB", "secret db:latest"), EnvVar("LOG_LEVEL", "info"))
OLD = "europe-docker.pkg.dev/shop/orders-api:ok-40"


def _revisions() -> tuple[Revision, ...]:
    return (
        replace(revision(ORDERS, 42, ago(minutes=6), "ci@shop"), env=ENV),
        replace(revision(ORDERS, 41, ago(days=3), "ops@shop"), image=OLD),
        replace(revision(ORDERS, 40, ago(days=9), "ci@shop", ready=False), image="shop/orders-api:crash"),
        replace(revision(ORDERS, 39, ago(days=16), "ci@shop"), image=OLD),
    )


def _form(template: Revision | None = None) -> DeployForm:
    revisions = _revisions()
    return deploy_form(template or revisions[0], revisions, NOW, DeployOptions())


def _keys(form: DeployForm, *keys: str) -> DeployForm:
    for key in keys:
        form = press(form, key, None) or form
    return form


def _typed(form: DeployForm, text: str) -> DeployForm:
    """Begins to type, types over all there is, and takes it."""
    form = _keys(form, "enter", "ctrl+u")
    for character in text:
        form = press(form, character, character) or form
    return _keys(form, "enter")


def _on(form: DeployForm, name: str) -> DeployForm:
    at = next(number for number, field in enumerate(form.fields) if field.name == name)
    return replace(form, at=at)


def _options(form: DeployForm) -> DeployOptions:
    options = options_of(form)
    assert isinstance(options, DeployOptions), options
    return options


def _text(form: DeployForm) -> str:
    return "\n".join(plain(row).rstrip() for row in form_rows(form, 92).lines)


def test_opens_with_nothing_changed() -> None:
    form = _form()
    assert _options(form) == DeployOptions()
    assert form.field.kind is FieldKind.IMAGE


def test_offers_the_images_of_earlier_revisions_each_once() -> None:
    options = _form().field.options
    assert [option.value for option in options[1:]] == [OLD, "shop/orders-api:crash"]
    assert [option.note for option in options] == ["current, from 00042", "of 00041, 3d", "of 00040, 9d, not Ready"]


def test_left_and_right_choose_around_the_end() -> None:
    form = _form()
    assert _options(_keys(form, "right")).image == OLD
    assert _options(_keys(form, "left")).image == "shop/orders-api:crash"
    assert _options(_keys(form, "right", "left")).image == ""


def test_a_typed_image_begins_with_the_repository() -> None:
    form = _keys(_form(), "enter")
    assert form.typing is not None
    assert form.typing.text == "europe-docker.pkg.dev/shop/orders-api:"
    for character in "ok-9":
        form = press(form, character, character) or form
    assert _options(_keys(form, "enter")).image == "europe-docker.pkg.dev/shop/orders-api:ok-9"


def test_escape_leaves_a_field_as_it_was() -> None:
    form = _keys(_keys(_form(), "right"), "enter", "ctrl+u", "q", "escape")
    assert form.typing is None
    assert _options(form).image == OLD


def test_steps_are_asked_of_a_canary_alone() -> None:
    form = _on(_form(), "strategy")
    assert _keys(form, "j").field.name == "bake"
    canary = _keys(form, "left")
    assert _keys(canary, "j").field.name == "steps"
    options = _options(_typed(_on(canary, "steps"), "10, 60,100"))
    assert (options.strategy, options.steps) == (Strategy.CANARY, (10, 60, 100))


@pytest.mark.parametrize(
    ("name", "typed", "words"), [("steps", "a lot", "Steps are rising percentages"), ("bake", "long", "Bake:")]
)
def test_what_cannot_be_read_is_said(name: str, typed: str, words: str) -> None:
    form = _keys(_on(_form(), "strategy"), "left")
    answer = options_of(_typed(_on(form, name), typed))
    assert isinstance(answer, str)
    assert answer.startswith(words)


def test_a_bake_is_typed_as_people_say_it() -> None:
    assert _options(_typed(_on(_form(), "bake"), "1m 30s")).bake_s == 90


def test_limits_are_changed_and_taken_back() -> None:
    form = _typed(_on(_form(), "memory"), "1Gi")
    assert _options(form).limits == (("memory", "1Gi"),)
    assert "memory         512Mi → 1Gi" in _text(form)
    assert _options(_keys(_on(form, "memory"), "x")).limits == ()
    assert _options(_typed(form, "512Mi")).limits == ()


def test_variables_are_set_removed_and_brought_back() -> None:
    form = _typed(_on(_form(), "LOG_LEVEL"), "debug")
    form = _keys(_on(form, "DB"), "x")
    assert _options(form).env == (("DB", None), ("LOG_LEVEL", "debug"))
    assert "LOG_LEVEL      info → debug" in _text(form)
    assert "DB             secret db:latest → removed" in _text(form)
    assert _options(_keys(form, "x")).env == (("LOG_LEVEL", "debug"),)


def test_typing_nothing_never_empties_a_secret() -> None:
    form = _keys(_on(_form(), "API_KEY"), "enter", "enter")
    assert _options(form).env == ()


def test_secret_values_are_dots_while_typed_and_after() -> None:
    form = _keys(_on(_form(), "API_KEY"), "enter")
    for character in "hunter2":
        form = press(form, character, character) or form
    assert "API_KEY        •••••••\n" in _text(form)
    form = _keys(form, "enter")
    assert "hunter2" not in _text(form)
    assert "API_KEY        ••• → •••" in _text(form)
    assert values_of(DeployRequest(_options(form))) == (("API_KEY", "hunter2"),)


def test_a_variable_is_added_and_goes_again() -> None:
    form = _typed(_on(_form(), "+ variable"), "TOKEN=abc=def")
    assert form.field.kind is FieldKind.ADD
    assert _options(form).env == (("TOKEN", "abc=def"),)
    assert "abc" not in _text(form)
    assert _options(_keys(_on(form, "TOKEN"), "x")).env == ()


def test_adding_a_variable_that_is_there_changes_it() -> None:
    form = _typed(_on(_form(), "+ variable"), "LOG_LEVEL=debug")
    assert _options(form).env == (("LOG_LEVEL", "debug"),)
    assert len(form.fields) == len(_form().fields)


def test_a_variable_needs_a_name_and_a_value() -> None:
    form = _typed(_on(_form(), "+ variable"), "TOKEN")
    assert form.error == "Enter the variable as NAME=VALUE."
    assert form.typing is not None


def test_pasting_goes_into_the_line_being_typed_alone() -> None:
    form = _on(_form(), "+ variable")
    assert paste(form, "A=1") == form
    form = _keys(paste(_keys(form, "enter"), "A=b\ncd"), "enter")
    assert _options(form).env == (("A", "bcd"),)


def test_side_cars_have_a_choice_of_container_with_their_own_variables() -> None:
    containers = (Container("proxy", "shop/proxy:1"), Container("api", "shop/orders-api:1", ports=True))
    env = (*ENV, EnvVar("proxy: MODE", "fast"))
    template = replace(_revisions()[0], containers=containers, env=env, image="shop/orders-api:1")
    form = _form(template)
    assert form.container == "api"
    assert "MODE" not in _text(form)
    proxied = _keys(_on(form, "container"), "right")
    assert proxied.container == "proxy"
    assert "MODE           fast" in _text(proxied)
    assert "LOG_LEVEL" not in _text(proxied)
    options = _options(_typed(_on(proxied, "MODE"), "slow"))
    assert (options.container, options.env) == ("proxy", (("MODE", "slow"),))


def test_the_cursor_goes_around_both_ends() -> None:
    form = _form()
    first = _keys(form, "k")
    assert first.field.kind is FieldKind.PLAN
    assert _keys(first, "tab").field.kind is FieldKind.IMAGE


def test_the_policy_of_the_configuration_is_kept() -> None:
    base = DeployOptions(strategy=Strategy.CANARY, steps=(50, 100), bake_s=30)
    revisions = _revisions()
    assert _options(deploy_form(revisions[0], revisions, NOW + timedelta(hours=1), base)) == base
