"""Help, palette, command line, copying, reading: all from the one table of actions."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.ui.action import Action, KeyConflict, KeyTable, TypedCommand
from cfconsole.ui.actions.key_bindings import ACTIONS
from cfconsole.ui.clipboard import console_link, copy_text
from tests.ui.running_console import SETTINGS, running_console
from tests.ui.shop import ORDERS


async def test_the_footer_shows_keys_and_every_one_of_them_works() -> None:
    async with running_console() as console:
        footer = console.lines[-1]
        for action in (action for action in ACTIONS if action.footer):
            assert f"{action.key} {action.label}" in footer


@pytest.mark.parametrize("width", [80, 120])
async def test_the_footer_of_the_log_begins_with_its_own_keys(width: int) -> None:
    async with running_console(size=(width, 40)) as console:
        await console.press("l")
        assert console.lines[-1].startswith(" enter open  s follow  f full  e next error  R roll back  ")
        assert console.lines[-1].rstrip().endswith("? help  q quit")
        await console.press("esc")
        assert console.lines[-1].startswith(" R roll back  ")


async def test_help_lists_every_action_and_says_why_one_is_disabled() -> None:
    async with running_console(size=(140, 60)) as console:
        await console.press("?")
        for action in (action for action in ACTIONS if action.group != "Act"):
            assert " ".join(action.description.split()[:5]) in console.text
        assert "abort: no release is under way" in console.text
        await console.press("q")
        assert "Half a pane down" not in console.text


async def test_the_palette_finds_and_runs() -> None:
    async with running_console() as console:
        await console.press("ctrl-p")
        await console.type("faul")
        assert "Show only unhealthy services" in console.text
        await console.press("enter")
        assert "faults only" in console.lines[1]


@pytest.mark.parametrize(("name", "said"), [("undo", "Nothing to undo"), ("abort", "No release is under way.")])
async def test_the_palette_says_why_something_can_not_be_done(name: str, said: str) -> None:
    async with running_console() as console:
        await console.press("ctrl-p")
        await console.type(name)
        await console.press("enter")
        assert said in console.lines[-2]


async def test_the_command_line() -> None:
    async with running_console() as console:
        await console.press(":")
        await console.type("faults")
        assert console.lines[-1].startswith(" :faults")
        await console.press("enter")
        assert "faults only" in console.lines[1]
        await console.press(":")
        await console.type("rollbak")
        await console.press("enter")
        assert "Unknown command :rollbak. Did you mean :roll-back?" in console.lines[-2]


async def test_yaml_comes_from_the_session() -> None:
    async with running_console() as console:
        await console.press("y")
        assert "name: orders-api" in console.text
        await console.press("c")
        assert console.app.clipboard == console.session.described
        assert "Copied 2 lines." in console.text
        await console.press("esc")
        assert "metadata:" not in console.text


async def test_describe_is_made_of_what_is_known() -> None:
    async with running_console() as console:
        await console.press("d")
        assert "latest ready    orders-api-00042" in console.text
        assert "suspect         orders-api-00042: 5xx 0.1 %" in console.text


async def test_a_pinned_service_is_called_so_once() -> None:
    async with running_console() as console:
        await console.press("/", *"billing", "enter", "d")
        assert console.text.count("pinned, pinned") == 0
        assert "state           pinned" in console.text


async def test_the_console_link_is_shown() -> None:
    async with running_console() as console:
        await console.press("o")
        assert console_link(ORDERS) in console.lines[-2]
        assert console.app.clipboard == console_link(ORDERS)


async def test_refresh_reads_now() -> None:
    async with running_console() as console:
        await console.press("ctrl-r")
        assert console.session.refreshed == 1


async def test_copying() -> None:
    async with running_console() as console:
        await console.press("c")
        assert console.app.clipboard == str(ORDERS)


def test_too_much_for_the_clipboard_goes_to_a_file() -> None:
    saved: list[str] = []

    def save(name: str, text: str) -> str:
        saved.append(text)
        return f"/home/ops/{name}.txt"

    settings = replace(SETTINGS, clipboard_bytes=10, save_text=save)
    clipboard: list[str] = []
    said = copy_text("x" * 11, settings, clipboard.append)
    assert clipboard == []
    assert saved == ["x" * 11]
    assert "saved to /home/ops/copy.txt" in said
    assert "Not copied" in copy_text("x" * 11, replace(settings, save_text=None), clipboard.append)


def test_a_file_that_cannot_be_written_is_said() -> None:
    def save(name: str, text: str) -> str:
        raise OSError(28, "No space left on device")

    settings = replace(SETTINGS, clipboard_bytes=1, save_text=save)
    assert "No space left on device" in copy_text("long", settings, lambda text: None)


async def test_keys_can_be_given_otherwise() -> None:
    settings = replace(SETTINGS, keys={"faults": "f"})
    async with running_console(settings=settings) as console:
        await console.press("!")
        assert "faults only" not in console.lines[1]
        await console.press("f")
        assert "faults only" in console.lines[1]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"fauls": "f"}, "did you mean faults"),
        ({"faults": "x", "mark": "x"}, "is already the key of"),
    ],
)
def test_wishes_that_cannot_be_met(keys: dict[str, str], sentence: str) -> None:
    with pytest.raises(KeyConflict, match=sentence):
        KeyTable(ACTIONS, keys)


def test_a_taken_key_leaves_its_old_action() -> None:
    table = KeyTable(ACTIONS, {"faults": "d"})
    assert _id(table.of_key("d")) == "faults"
    assert table.of_key("exclamation_mark") is None


def test_commands_may_be_shortened_while_that_is_unique() -> None:
    table = KeyTable(ACTIONS)
    found = table.of_command("roll")
    assert isinstance(found, TypedCommand)
    assert found.action.id == "roll-back"
    assert "could be" in str(table.of_command("n"))
    assert "ctrl-p lists all" in str(table.of_command("zzz"))


def test_what_acts_is_upper_case_and_never_on_ctrl() -> None:
    acting = [action for action in ACTIONS if action.group == "Act"]
    assert acting
    assert all(key.isupper() and len(key) == 1 for action in acting for key in action.keys)


def test_what_is_typed_after_a_command_is_its_argument() -> None:
    table = KeyTable(ACTIONS)
    for typed, name, argument in (
        ("filter severity>=ERROR AND  x", "filter", "severity>=ERROR AND  x"),
        ("filter", "filter", ""),
        ("save! Out.json", "save!", "Out.json"),
        ("save ~/a b.txt", "save", "~/a b.txt"),
        ("roll back", "roll-back", ""),
    ):
        found = table.of_command(typed)
        assert isinstance(found, TypedCommand)
        assert (found.action.id, found.argument) == (name, argument)
    assert "Unknown command :undo it." in str(table.of_command("undo it"))


def _id(action: object) -> str:
    assert isinstance(action, Action)
    return action.id
