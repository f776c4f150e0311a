"""The package's source files and module names, in folders of any depth."""

from __future__ import annotations

from pathlib import Path

import cfconsole

PACKAGE = Path(cfconsole.__file__).parent


def source_files(folder: Path) -> list[Path]:
    """The source files under a folder; there has to be one, or whatever is checked of them holds by default."""
    paths = sorted(folder.rglob("*.py"))
    assert paths, f"no module under {folder}"
    return paths


def module_name(path: Path) -> str:
    """The dotted name under which a source file is imported; the name of an `__init__.py` is its package's."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def module_names(folder: Path) -> list[str]:
    """The dotted names of the modules under a folder."""
    return [module_name(path) for path in source_files(folder)]
