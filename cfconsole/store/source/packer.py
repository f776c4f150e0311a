"""Source directories, prepared for upload: listed, checked, tested and zipped. Nothing in them is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec
from cfconsole.domain.text import Scrubber
from cfconsole.store.source.archive import make_archive
from cfconsole.store.source.compile_check import CompileResult, compile_sources
from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.files import SourceListing, list_files
from cfconsole.store.source.requirements import check_package, check_requirements
from cfconsole.store.source.test_run import has_tests, run_tests

MAIN = "main.py"
_MANIFESTS = {MAIN: "python", "package.json": "nodejs", "go.mod": "go", "pom.xml": "java", "composer.json": "php"}


class SourcePacker:
    """The sources port: packs directories on this machine."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub

    async def pack(self, spec: SourceSpec) -> PackedSource | SourceRefusal:
        """The archive of a directory that passes every check, or the first problem found."""
        try:
            return await self._pack(spec)
        except SourceError as error:
            refusal = error.refusal
            return SourceRefusal(self._scrub.line(refusal.sentence), tuple(map(self._scrub.line, refusal.lines)))

    async def _pack(self, spec: SourceSpec) -> PackedSource:
        listing = await asyncio.to_thread(_list, spec.directory)
        checked, warnings = await self._check(spec, listing)
        archive = await asyncio.to_thread(make_archive, listing)
        tests = await self._test(spec, listing)
        return PackedSource(
            archive=archive.content,
            directory=self._scrub.line(str(listing.root)),
            files=len(listing.files),
            unzipped_bytes=archive.unzipped_bytes,
            digest=archive.digest,
            passed_checks=tuple(filter(None, (*checked, tests))),
            warnings=tuple(map(self._scrub.line, (*listing.warnings, *archive.warnings, *warnings))),
        )

    async def _check(self, spec: SourceSpec, listing: SourceListing) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The passed checks and the warnings; which checks there are depends on the language."""
        language = _language(spec.runtime, listing)
        if language == "nodejs":
            return (check_package(listing, self._scrub.line),), ()
        if language != "python":
            return (), (f"{language} sources are only checked for names and sizes",)
        if listing.file(MAIN) is None:
            raise SourceError(f"there is no {MAIN} in the upload; a Python function starts there, so add it")
        requirements = check_requirements(listing, self._scrub.line)
        compiled: CompileResult = await compile_sources(
            listing, self._scrub, runtime=spec.runtime, entry_point=spec.entry_point
        )
        return (compiled.checked, requirements), compiled.warnings

    async def _test(self, spec: SourceSpec, listing: SourceListing) -> str:
        if not await asyncio.to_thread(has_tests, listing.root):
            return ""
        return await run_tests(listing.root, self._scrub) if spec.run_tests else "tests were not run"


def _list(directory: str) -> SourceListing:
    return list_files(Path(directory).expanduser())


def _language(runtime: str, listing: SourceListing) -> str:
    """The language of the runtime (`python312`), or else of the files."""
    if runtime:
        return runtime.rstrip("0123456789")
    found = next(_manifests(listing), "")
    if not found:
        names = f"{MAIN} (Python) or package.json (Node.js)"
        raise SourceError(f"there is no {names} in the upload; add it, or name the runtime")
    return found


def _manifests(listing: SourceListing) -> Iterator[str]:
    return (language for name, language in _MANIFESTS.items() if listing.file(name))
