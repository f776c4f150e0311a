"""`python -m tests.structure`: prints the figures of the package, with the places each of them counts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from tests.structure import figures
from tests.structure.sources import Kind, Module, imports_of, read_package


def main() -> int:
    modules = read_package()
    client, imports = figures.client(modules), imports_of(modules)
    for label, of in (("client", client), ("whole", modules)):
        _show_sizes(label, of)
    small = figures.small_with_one_importer(client, imports)
    _show(f"modules under {figures.SMALL} lines with one importer (client)", small)
    for kind in (Kind.DEFERRED, Kind.TYPES, Kind.BY_NAME):
        places = figures.statements_of_kind(modules, imports, kind)
        _show(f"own imports carried out {kind.value}", places)
    cycles = [f"{len(group)}: {', '.join(group)}" for group in figures.cycles(imports)]
    _show("import cycles, all kinds of imports taken together", cycles)
    _show("class names that stand more than once (client)", figures.classes_of_one_name(client))
    return 0


def _show_sizes(label: str, modules: Mapping[str, Module]) -> None:
    folder, files = figures.files_per_folder(modules)[0]
    _show(f"modules without __init__.py ({label})", (), len(figures.plain_modules(modules)))
    _show(f"files in the largest folder ({label})", [folder], files)
    for what, (lines, where) in (
        ("file", figures.longest_files(modules)[0]),
        ("function", figures.longest_functions(modules)[0]),
    ):
        _show(f"lines of the longest {what} ({label})", [where], lines)


def _show(what: str, places: Iterable[object], figure: int | None = None) -> None:
    listed = list(places)
    sys.stdout.write(f"{len(listed) if figure is None else figure:5}  {what}\n")
    sys.stdout.writelines(f"         {place}\n" for place in listed)


if __name__ == "__main__":
    sys.exit(main())
