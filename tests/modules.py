"""The package's source files and module names, at any depth."""

from __future__ import annotations

from pathlib import Path

import cfconsole

PACKAGE = Path(cfconsole.__file__).parent


def source_files(folder: Path) -> list[Path]:
    """The source files under a folder. Fails without any, because checks of no files would always pass."""
    paths = sorted(folder.rglob("*.py"))
    assert paths, f"no module under {folder}"
    return paths


def module_name(path: Path) -> str:
    """The dotted name of a source file; that of an `__init__.py` is the package's."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def module_names(folder: Path) -> list[str]:
    """The dotted names of the modules under a folder."""
    return [module_name(path) for path in source_files(folder)]
