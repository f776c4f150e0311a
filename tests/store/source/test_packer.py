"""A directory is checked before anything of it is uploaded; each refusal is a sentence with the first failing lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec
from cfconsole.domain.text import Scrubber
from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.packer import SourcePacker
from cfconsole.store.source.process import python_of
from cfconsole.store.source.test_run import run_tests
from tests.example_function import EXAMPLE_FUNCTION
from tests.store.folders import MAIN, folder

TESTS = "from main import hello\n\ndef test_hello():\n    assert hello(None) == 'hello'\n"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


async def pack(root: Path, **wishes: Any) -> PackedSource | SourceRefusal:
    return await SourcePacker(Scrubber()).pack(replace(SourceSpec(str(root)), **wishes))


async def packed(root: Path, **wishes: Any) -> PackedSource:
    found = await pack(root, **wishes)
    assert isinstance(found, PackedSource), found
    return found


async def trouble(root: Path, **wishes: Any) -> SourceRefusal:
    found = await pack(root, **wishes)
    assert isinstance(found, SourceRefusal), found
    return found


async def test_the_example_passes_and_says_what_was_checked() -> None:
    source = await packed(EXAMPLE_FUNCTION, entry_point="greet", runtime="python311")

    assert source.passed_checks == (f"1 file compiles with Python {HERE}", "requirements.txt can be read")
    assert source.warnings == ()
    assert source.summary.startswith(f"{EXAMPLE_FUNCTION}, 2 files, ")
    assert source.archive[:2] == b"PK"


async def test_a_syntax_error_is_refused_with_the_compiler_s_lines(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "lib/a.py": "def f(:\n    pass\n"})

    refused = await trouble(root)

    assert refused.sentence == f"lib/a.py does not compile with Python {HERE}"
    assert refused.lines[0].strip() == 'File "lib/a.py", line 1'
    assert "def f(:" in refused.lines[1]
    assert refused.lines[-1] == "SyntaxError: invalid syntax"


@pytest.mark.parametrize("content", [b"x = 1\x00", b"x = '\xff'", b"-" * 100_000 + b"1"])
async def test_files_that_are_no_python_are_refused_and_end_nothing(tmp_path: Path, content: bytes) -> None:
    refused = await trouble(folder(tmp_path, {"main.py": content}))

    assert refused.sentence.startswith(("main.py does not compile", "could not check whether the sources compile"))


async def test_files_that_are_not_uploaded_are_not_compiled(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "drafts/a.py": "def f(:", ".gcloudignore": "drafts/"})

    assert (await packed(root)).files == 1


async def test_what_a_newer_runtime_may_know_is_a_warning(tmp_path: Path) -> None:
    source = await packed(folder(tmp_path, {"main.py": "def f(:\n"}), runtime="python399")

    assert source.warnings == (
        f"main.py does not compile with Python {HERE}, which is older than python399; it may still be valid there",
    )


async def test_a_warning_of_the_compiler_is_no_refusal(tmp_path: Path) -> None:
    assert (await packed(folder(tmp_path, {"main.py": "x = 1 is 1\ny = '\\d'\n"}))).warnings == ()


async def test_an_entry_point_that_is_nowhere_defined_is_a_warning(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN})

    assert (await packed(root, entry_point="hello")).warnings == ()
    assert (await packed(root, entry_point="helo")).warnings == (
        "main.py does not define helo, the function's entry point",
    )

    folder(root, {"main.py": "from lib import *\n", "lib.py": MAIN})
    assert (await packed(root, entry_point="hello")).warnings == ()


@pytest.mark.parametrize(
    ("files", "runtime", "sentence"),
    [
        ({"a.py": MAIN}, "", "there is no main.py (Python) or package.json (Node.js) in the upload"),
        ({"a.py": MAIN}, "python312", "there is no main.py in the upload; a Python function starts there"),
        (
            {"a.py": "", "main.py": MAIN, ".gcloudignore": "main.py"},
            "python312",
            "there is no main.py in the upload",
        ),
        ({"main.py": MAIN}, "nodejs20", "there is no package.json with the function's entry file"),
        ({"package.json": "{'a': 1}"}, "", "package.json can't be read: "),
        ({"package.json": "[]"}, "nodejs20", "package.json can't be read: "),
        ({"main.py": MAIN, "requirements.txt": b"\xff\xfef\x00"}, "", "requirements.txt is not UTF-8 text"),
        ({"main.py": MAIN, "requirements.txt": "-r more.txt"}, "", "requirements.txt includes more.txt, which is not"),
    ],
)
async def test_what_a_runtime_needs_has_to_be_there(
    tmp_path: Path, files: dict[str, str | bytes], runtime: str, sentence: str
) -> None:
    assert (await trouble(folder(tmp_path, files), runtime=runtime)).sentence.startswith(sentence)


async def test_other_languages_get_a_warning_that_little_is_checked(tmp_path: Path) -> None:
    go = await packed(folder(tmp_path / "go", {"go.mod": "module x", "f.go": ""}))
    node = await packed(folder(tmp_path / "node", {"package.json": '{"name": "x"}', "index.js": ""}))

    assert go.warnings == ("go sources are only checked for names and sizes",)
    assert node.passed_checks == ("package.json can be read",)


@pytest.mark.parametrize(
    "line",
    [
        "flask",
        "flask==3.0.*  # pinned",
        "Flask[async] >= 2.0, < 4 ; python_version > '3.8'",
        "zope.interface~=5.1",
        "lib @ https://example.com/lib.zip",
        "lib (>=1,<2)",
        "git+https://example.com/lib.git@main#egg=lib",
        "--index-url https://example.com/simple",
        "-e ./lib",
        "./wheels/lib-1.0-py3-none-any.whl",
        "flask==3.0.0 \\\n    --hash=sha256:abcdef",
        "-r lib/more.txt",
        "flask===3.0.0",
        "flask!=2.1,>=2; sys_platform == 'linux' and python_version >= '3.11'",
    ],
)
async def test_a_requirement_as_pip_takes_it_can_be_read(tmp_path: Path, line: str) -> None:
    files = {"main.py": MAIN, "requirements.txt": f"# all\n\n{line}\n", "lib/more.txt": "-c ../requirements.txt\nflask"}

    assert any("can be read" in checked for checked in (await packed(folder(tmp_path, files))).passed_checks)


@pytest.mark.parametrize(
    "line",
    [
        "flask=3",
        "flask==",
        "flask 3",
        "==3",
        "flask>=",
        "fla sk",
        "flask[async",
        "@ x",
        "flask>=three",
        "flask; os = 'x'",
    ],
)
async def test_a_requirement_that_pip_refuses_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    refused = await trouble(folder(tmp_path, {"main.py": MAIN, "requirements.txt": f"flask\n\n{line}\n"}))

    assert refused.sentence.startswith("requirements.txt can't be read; write requirements like")
    assert refused.lines == (f"line 3: {line}",)


async def test_its_own_tests_have_to_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing_of_that_name")  # Of the pytest that runs this.
    root = folder(tmp_path, {"main.py": MAIN, "tests/test_main.py": TESTS})

    source = await packed(root)

    assert source.passed_checks[-1].startswith("tests: 1 passed in ")
    assert not list(root.rglob("__pycache__")) + list(root.rglob(".pytest_cache")), "nothing is left in the directory"


async def test_tests_that_fail_are_shown_and_can_be_left_out(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN.replace("'hello'", "'\\x1b[31mhullo'"), "tests/test_main.py": TESTS})

    refused = await trouble(root)

    assert refused.sentence.startswith("the tests fail (1 failed in ")
    assert refused.sentence.endswith("; fix them, or deploy without them (--no-tests)")
    assert refused.lines[0].strip("_ ") == "test_hello"
    assert any("assert hello(None) == 'hello'" in line for line in refused.lines)
    assert not any("\x1b" in line for line in refused.lines)
    assert (await packed(root, run_tests=False)).passed_checks[-1] == "tests were not run"


async def test_tests_that_cannot_even_be_collected_are_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "tests/test_main.py": "import nothing_of_that_name\n"})

    assert any("No module named 'nothing_of_that_name'" in line for line in (await trouble(root)).lines)


async def test_tests_that_hang_are_ended_with_all_they_started(tmp_path: Path) -> None:
    hangs = "import subprocess\n\ndef test_it():\n    subprocess.run(['sleep', '60'])\n"
    root = folder(tmp_path, {"main.py": MAIN, "tests/test_main.py": hangs})

    with pytest.raises(SourceError, match="the tests did not finish within 1 s; fix them"):
        await run_tests(root, Scrubber(), within_s=1)


async def test_without_pytest_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    without_pytest = 'if [ "$2" = pytest ]; then echo "$0: No module named pytest"; exit 1; fi'
    bare = f'#!/bin/sh\n{without_pytest}\nexec {sys.executable} "$@"\n'
    root = folder(tmp_path, {"main.py": MAIN, "tests/test_main.py": TESTS, ".venv/bin/python": bare})
    (root / ".venv/bin/python").chmod(0o755)

    refused = await trouble(root)

    assert python_of(root) == str(root / ".venv/bin/python")
    assert refused.sentence == (
        f"the tests can't be run: {root}/.venv/bin/python has no pytest; install it there, "
        "or deploy without them (--no-tests)"
    )
    assert refused.lines == (f"{root}/.venv/bin/python: No module named pytest",)


def nest(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes directories in one another until the path of the last is longer than the system reads.

    One that is closed by its mode would still be open to the superuser.
    """
    monkeypatch.chdir(root)
    for _ in range(20):
        Path(name).mkdir()
        monkeypatch.chdir(name)


async def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, name = folder(tmp_path, {"main.py": MAIN, ".gcloudignore": ""}), "d" * 250
    nest(root, name, monkeypatch)

    sentence = (await trouble(root)).sentence

    assert sentence.startswith(f"{name}/{name}/")
    assert sentence.endswith(" can't be read: File name too long; make it readable, or exclude it in .gcloudignore")
