"""The files that the rules exclude. The expected answers are git's own, from `git ls-files --others`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.files import list_files
from cfconsole.store.source.ignore_patterns import parse_pattern
from tests.store.folders import MAIN, folder

TREE = dict.fromkeys(("main.py", "a.log", "keep.log", "build/x", "lib/build/x", "docs/a/b.md", "docs/c.md"), "x")


def uploaded(root: Path) -> list[str]:
    return [file.name for file in list_files(root).files]


@pytest.mark.parametrize(
    ("rules", "left_out"),
    [
        ("*.log", {"a.log", "keep.log"}),
        ("*.log\n!keep.log", {"a.log"}),
        ("!keep.log\n*.log", {"a.log", "keep.log"}),
        ("build", {"build/x", "lib/build/x"}),
        ("build/", {"build/x", "lib/build/x"}),
        ("/build", {"build/x"}),
        ("lib/build", {"lib/build/x"}),
        ("main.py/", set()),
        ("build\n!build/x", {"build/x", "lib/build/x"}),
        ("docs/*", {"docs/a/b.md", "docs/c.md"}),
        ("docs/**\n!docs/c.md", {"docs/a/b.md"}),
        ("docs/**/*.md", {"docs/a/b.md", "docs/c.md"}),
        ("**/b.md", {"docs/a/b.md"}),
        ("docs/?.md", {"docs/c.md"}),
        ("[ab].log", {"a.log"}),
        ("[!k]*.log", {"a.log"}),
        ("*\n!*/\n!*.py", set(TREE) - {"main.py"}),
        ("# *.log\n\n  \n\\#x", set()),
        ("a.log   ", {"a.log"}),
        ("[a.log", set()),
        ("!", set()),
    ],
)
def test_a_rule_leaves_out_what_git_would(tmp_path: Path, rules: str, left_out: set[str]) -> None:
    root = folder(tmp_path, {**TREE, ".gitignore": rules})

    assert set(uploaded(root)) == set(TREE) - left_out


@pytest.mark.parametrize(
    ("rule", "name", "matches"),
    [
        ("\\!x", "!x", True),
        ("x\\ ", "x ", True),
        ("[[:digit:]]", "7", True),
        ("[[:digit:]]", "x", False),
        ("[]]", "]", True),
        ("[a-c]", "-", False),
        ("[a\\-c]", "-", True),
        ("[z-a]", "b", False),
        ("a*c", "a/c", False),
        ("a?c", "a/c", False),
        ("/a[!b]c", "a/c", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/a/", "x/a", True),
    ],
)
def test_a_pattern_means_what_it_means_to_git(rule: str, name: str, matches: bool) -> None:
    pattern = parse_pattern(rule)

    assert pattern is not None
    assert pattern.matches(name, is_directory=True) is matches


def test_rules_of_a_directory_below_outrank_those_above_and_stay_there(tmp_path: Path) -> None:
    files = {".gitignore": "*.txt", "lib/.gitignore": "!a.txt\n/b.py", "lib/a.txt": "", "lib/b.py": "", "b.py": ""}

    assert uploaded(folder(tmp_path, {**files, "a.txt": "", "lib/x/b.py": ""})) == ["b.py", "lib/a.txt", "lib/x/b.py"]


def test_a_gcloudignore_is_instead_of_gitignores_and_may_include_one(tmp_path: Path) -> None:
    files = {
        ".gitignore": "*.txt",
        ".gcloudignore": "*.md",
        "a.txt": "",
        "b.md": "",
        "lib/.gitignore": "*",
        "lib/c": "",
    }
    root = folder(tmp_path, files)

    assert uploaded(root) == [".gitignore", "a.txt", "lib/.gitignore", "lib/c"]

    folder(root, {".gcloudignore": "#!include:.gitignore\n.gitignore"})

    assert uploaded(root) == ["b.md", "lib/c"]


def test_an_include_of_rules_that_are_not_there_is_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.py": MAIN, ".gcloudignore": "#!include:../secret"})

    with pytest.raises(SourceError, match=r"includes \.\./secret, which is not in its directory"):
        list_files(root)


def test_junk_is_left_out_unless_the_rules_bring_it_back_but_never_the_history(tmp_path: Path) -> None:
    junk = ("__pycache__/main.pyc", ".venv/bin/x", "node_modules/x/y.js", ".pytest_cache/v", "lib/.git/HEAD")
    root = folder(tmp_path, {"main.py": MAIN, ".git/HEAD": "", **dict.fromkeys(junk, "")})

    assert uploaded(root) == ["main.py"]

    folder(root, {".gitignore": "!node_modules\n!.git"})

    assert uploaded(root) == ["main.py", "node_modules/x/y.js"]


@pytest.mark.parametrize("below", ["", "lib/"])
def test_rules_that_cannot_be_read_are_named_with_their_folder(tmp_path: Path, below: str) -> None:
    root = folder(tmp_path, {"main.py": MAIN, "lib/a.py": ""})
    (root / f"{below}.gitignore").symlink_to(".gitignore")

    with pytest.raises(SourceError, match=rf"^{below}\.gitignore can't be read: Too many levels of symbolic links; "):
        list_files(root)
