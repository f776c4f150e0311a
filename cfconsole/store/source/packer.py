"""Source directories, made ready for an upload: looked at, checked, tested and zipped. Nothing in them is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from cfconsole.domain.source.packages import PackedSource, SourceOrder, SourceTrouble
from cfconsole.domain.text import Scrubber
from cfconsole.store.source.archive import make_archive
from cfconsole.store.source.compile_check import Compiled, compile_sources
from cfconsole.store.source.errors import BadSource
from cfconsole.store.source.files import Listing, list_files
from cfconsole.store.source.requirements import check_package, check_requirements
from cfconsole.store.source.test_run import has_tests, run_tests

MAIN = "main.py"
_MANIFESTS = {MAIN: "python", "package.json": "nodejs", "go.mod": "go", "pom.xml": "java", "composer.json": "php"}


class SourceFolders:
    """Directories on this machine."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub

    async def pack(self, order: SourceOrder) -> PackedSource | SourceTrouble:
        """The archive of a directory that passed every check, or the first thing that is wrong with it."""
        try:
            return await self._pack(order)
        except BadSource as bad:
            trouble = bad.trouble
            return SourceTrouble(self._scrub.line(trouble.sentence), tuple(map(self._scrub.line, trouble.lines)))

    async def _pack(self, order: SourceOrder) -> PackedSource:
        listing = await asyncio.to_thread(_listed, order.directory)
        checked, warnings = await self._checked(order, listing)
        archive = await asyncio.to_thread(make_archive, listing)
        tests = await self._tested(order, listing)
        return PackedSource(
            archive=archive.content,
            directory=self._scrub.line(str(listing.root)),
            files=len(listing.files),
            unzipped_bytes=archive.unzipped_bytes,
            digest=archive.digest,
            checked=tuple(filter(None, (*checked, tests))),
            warnings=tuple(map(self._scrub.line, (*listing.warnings, *archive.warnings, *warnings))),
        )

    async def _checked(self, order: SourceOrder, listing: Listing) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is well, and what to mind, as the language wants it."""
        language = _language(order.runtime, listing)
        if language == "nodejs":
            return (check_package(listing, self._scrub.line),), ()
        if language != "python":
            return (), (f"of {language} sources only names and sizes are checked here",)
        if listing.file(MAIN) is None:
            raise BadSource(f"there is no {MAIN} in what is uploaded, where a Python function begins; add it")
        requirements = check_requirements(listing, self._scrub.line)
        compiled: Compiled = await compile_sources(
            listing, self._scrub, runtime=order.runtime, entry_point=order.entry_point
        )
        return (compiled.checked, requirements), compiled.warnings

    async def _tested(self, order: SourceOrder, listing: Listing) -> str:
        if not await asyncio.to_thread(has_tests, listing.root):
            return ""
        return await run_tests(listing.root, self._scrub) if order.run_tests else "tests were not run"


def _listed(directory: str) -> Listing:
    return list_files(Path(directory).expanduser())


def _language(runtime: str, listing: Listing) -> str:
    """What the runtime says (`python312`), else what the files tell."""
    if runtime:
        return runtime.rstrip("0123456789")
    found = next(_manifests(listing), "")
    if not found:
        names = f"{MAIN} (Python) or package.json (Node.js)"
        raise BadSource(f"there is no {names} in what is uploaded; add it, or name the runtime")
    return found


def _manifests(listing: Listing) -> Iterator[str]:
    return (language for name, language in _MANIFESTS.items() if listing.file(name))
