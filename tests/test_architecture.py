"""What the import contracts can't check: the modules loaded at run time, and the size of files and functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.modules import PACKAGE, module_names, source_files

SOURCES = source_files(PACKAGE)


def loaded_by(code: str) -> set[str]:
    """The modules loaded by a new interpreter that runs `code`."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HELP = """
from cfconsole.cli.main import main
sys.argv = ["cfconsole", "--help"]
try:
    main()
except SystemExit:
    pass
"""


def test_help_loads_neither_screen_nor_google() -> None:
    heavy = {"textual", "rich", "grpc", "google.protobuf", "google.auth", "httpx", "msgspec", "sqlite3", "starlette"}
    assert not heavy & loaded_by(HELP)


@pytest.mark.parametrize("layer", ["domain", "session", "config"])
def test_inner_layers_load_neither_screen_nor_google(layer: str) -> None:
    names = module_names(PACKAGE / layer)
    loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert not {"textual", "rich", "grpc", "google.protobuf", "httpx", "sqlite3"} & loaded
    assert loaded >= set(names)


def test_few_dataclasses_stand_before_the_first_frame() -> None:
    code = """
import cfconsole.cli.console.run, cfconsole.ui.app, dataclasses
ours = {
    value
    for name, module in list(sys.modules.items()) if name.startswith("cfconsole")
    for value in vars(module).values()
    if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__.startswith("cfconsole")
}
assert len(ours) <= 15, ours
assert not {"grpc", "google.protobuf", "httpx", "starlette"} & set(sys.modules), "loaded before the first frame"
"""
    assert "cfconsole.ui.app" in loaded_by(code)


def test_only_the_clock_port_tells_the_session_time() -> None:
    forbidden = {"asyncio.sleep", "asyncio.timeout", "asyncio.wait_for", "time.monotonic", "time.time", "datetime.now"}
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node.func)}"
        for folder in ("domain", "session", "ui/present")
        for path in source_files(PACKAGE / folder)
        if path.name != "wall_clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in forbidden
        # A zero sleep only yields to other tasks.
        and not (ast.unparse(node.func) == "asyncio.sleep" and ast.unparse(node.args[0]) == "0")
    ]
    assert not found


def test_files_stay_small() -> None:
    assert not [f"{path.relative_to(PACKAGE)}: {lines}" for path in SOURCES if (lines := length(path)) > 400]


def test_the_app_class_does_not_swallow_everything() -> None:
    assert length(PACKAGE / "ui" / "app.py") <= 250


def test_functions_stay_short() -> None:
    long = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 60
    ]
    assert not long


def length(path: Path) -> int:
    return path.read_text().count("\n")
