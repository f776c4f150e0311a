"""How a command ends that can't go on."""

from __future__ import annotations

import pytest

from cfconsole.cli.exits import Stop


def test_words_of_the_command_line_are_repeated_without_what_a_terminal_would_obey(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Stop("There is no release \x1b]0;title\x07\u202eid.").show()
    assert capsys.readouterr().err == "cfconsole: There is no release ␛]0;title␇·id.\n"
