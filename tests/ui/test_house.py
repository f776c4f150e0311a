"""Rules of the house that keep the screen quick and the App small."""

from __future__ import annotations

import ast
import subprocess
import sys

from tests.modules import PACKAGE, module_names

UI = PACKAGE / "ui"


def test_the_app_stays_small() -> None:
    assert len((UI / "app.py").read_text().splitlines()) <= 250


def test_what_turns_state_into_lines_knows_no_textual() -> None:
    modules = {name for folder in ("present", "forms") for name in module_names(UI / folder)}
    code = f"import sys, {', '.join(sorted(modules))}; print(list(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert not {name for name in loaded if name.startswith("textual")}
    assert loaded >= modules


def test_what_only_a_key_needs_is_not_loaded_before_the_first_frame() -> None:
    code = "import sys, cfconsole.ui.app; print([name for name in sys.modules if name.startswith('cfconsole')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert not {name for name in loaded if name.startswith(("cfconsole.ui.screens", "cfconsole.ui.forms"))}
    assert not {"cfconsole.domain.releases.steps", "cfconsole.domain.releases.rollout.values"} & loaded


def test_few_dataclasses_before_the_first_frame() -> None:
    """A frozen dataclass costs about 1.5 ms at import; records are structs."""
    code = (
        "import sys, dataclasses, cfconsole.ui.app\n"
        "ours = [m for n, m in list(sys.modules.items()) if n.startswith('cfconsole')]\n"
        "print(sum(dataclasses.is_dataclass(v) for m in ours for v in vars(m).values()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 15
