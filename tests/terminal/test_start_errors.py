"""Errors at start: a sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.terminal.program import Program, clean_environment

pytestmark = pytest.mark.timeout(240)
"""Generous, because real processes are slow on a busy machine."""

NO_LOGIN = {"NO_GCE_CHECK": "true"}


class Output(NamedTuple):
    code: int
    out: str
    err: str


def run_program(home: Path, *words: str, environment: Mapping[str, str] | None = None) -> Output:
    """The output of the program without a terminal."""
    ran = subprocess.run(
        [sys.executable, "-m", "cfconsole", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(home) | dict(environment or {}),
        timeout=30,
        check=False,
    )
    return Output(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def port_in_use() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "No project given. Use --project"),
        (("services",), "No project given."),
        (("--project", "shop-prod"), "The console needs a terminal"),
        (("demo",), "The console needs a terminal"),
        (("services", "--context", "prod"), "Unknown context 'prod'"),
        (("services", "--config", "missing.toml"), "missing.toml"),
        (("services", "--colour"), "No such option"),
        (("reboot",), "No such command"),
    ],
)
def test_wrong_arguments_exit_2_with_a_sentence(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    output = run_program(tmp_path, *words)
    assert (output.code, output.out) == (2, "")
    assert sentence in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("contexts = 5", "contexts"),
        ("[thresholds]\nerror_rate = 'much'", "error_rate"),
        ("[thresholds]\nwindow = '5 parsecs'", "window"),
        ("[thresholds]\nerrorrate = 0.1", "did you mean 'error_rate'?"),
        ("[thresholds", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_named_with_its_key(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    output = run_program(tmp_path, "services", "--project", "p", "--config", str(file))
    assert (output.code, output.out) == (2, "")
    assert str(file) in output.err
    assert sentence in output.err


@pytest.mark.parametrize("words", [("services",), ("rollback", "orders-api", "--yes")])
def test_without_a_login_commands_exit_5_and_name_the_login_command(tmp_path: Path, words: tuple[str, ...]) -> None:
    output = run_program(tmp_path, *words, "--project", "shop-prod", environment=NO_LOGIN)
    assert (output.code, output.out) == (5, "")
    assert "run `gcloud auth application-default login`" in output.err
    assert "Traceback" not in output.err


def test_a_port_in_use_is_named(tmp_path: Path, port_in_use: int) -> None:
    output = run_program(tmp_path, "emulator", "--port", str(port_in_use), "--http-port", "0")
    assert (output.code, output.out) == (2, "")
    assert f"127.0.0.1:{port_in_use}: the port is in use. Choose another with --port" in output.err


def test_an_http_port_in_use_is_named(tmp_path: Path, port_in_use: int) -> None:
    output = run_program(tmp_path, "emulator", "--port", "0", "--http-port", str(port_in_use))
    assert (output.code, output.out) == (2, "")
    assert f"{port_in_use}" in output.err
    assert "in use" in output.err


def test_the_console_prints_errors_at_start_in_a_terminal_too(tmp_path: Path) -> None:
    with Program("--context", "prod", home=tmp_path) as console:
        assert console.ended_clean() == 2
        assert "Unknown context 'prod'" in console.text()


def test_a_wrong_key_table_is_named_before_the_screen_opens(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[keys]\nroll-bak = "x"\n')
    with Program("--project", "p", "--config", str(file), home=tmp_path, environment=NO_LOGIN) as console:
        assert console.ended_clean() == 2
        assert "keys.roll-bak: unknown action; did you mean roll-back?" in console.last_words()
