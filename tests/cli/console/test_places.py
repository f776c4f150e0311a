"""Which places are offered, and the options of a console on another one."""

from __future__ import annotations

from cfconsole.cli.console.run import options_for
from cfconsole.cli.console.screen import place_choices
from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.setup.scope import Emulator, Scope
from cfconsole.config import Config, Context
from cfconsole.ui.place import Place

CONFIG = Config(
    contexts={
        "prod": Context(("shop-prod", "pay-prod"), regions=("us-central1",)),
        "play": Context(("shop-play",), emulator=True),
    }
)
READING = GlobalOptions(context="prod", regions=("us-central1",), read_only=True)


def test_contexts_are_offered_with_what_they_hold_and_then_the_projects_of_no_context() -> None:
    offered = place_choices(CONFIG, Scope(("mine",)))
    assert [(one.label, one.kind, one.about) for one in offered] == [
        ("prod", "context", "shop-prod, pay-prod · us-central1"),
        ("play", "context", "shop-play · all regions"),
        ("mine", "project", "here"),
    ]
    assert not any(one.why_not for one in offered)
    assert [one.label for one in place_choices(CONFIG, Scope(("shop-play",), context="play"))] == ["prod", "play"]


def test_on_an_emulator_only_contexts_meant_for_one_may_be_chosen() -> None:
    prod, play = place_choices(CONFIG, Scope((), emulator=Emulator("127.0.0.1:1")))
    assert "emulator = true" in prod.why_not
    assert not play.why_not


def test_another_place_never_takes_guards_or_regions_of_the_one_before_along() -> None:
    assert options_for(Place(context="play"), READING) == GlobalOptions(context="play", read_only=True)
    assert options_for(Place(projects=("mine",)), READING) == GlobalOptions(projects=("mine",), read_only=True)


def test_other_regions_are_of_the_same_place() -> None:
    assert options_for(Place(regions=("us-east1",)), READING) == READING._replace(regions=("us-east1",))
    assert options_for(Place(), READING) == READING._replace(regions=())
