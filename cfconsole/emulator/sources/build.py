"""Builds functions: makes the checks of Google's buildpack without installing anything."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from cfconsole.emulator.sources.archive import BadArchive, unpack

COMPILE_TIMEOUT_S = 60.0
MAX_ERROR_LINES = 40
FRAMEWORK = "functions_framework"
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([<>=!~@;(].*)?")


class FunctionCode(Struct, frozen=True):
    """The source of a function, and how it is run."""

    archive: bytes
    """The uploaded zip file."""
    target: str
    """The name of the function."""
    signature: str = "http"
    """`http`, or `cloudevent` for a function with a trigger (functions-framework)."""
    module: str = "main.py"
    """The file that defines the function."""


class BuildFailed(Exception):
    """The source can't be built; `lines` are the output of the build."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


async def build(code: FunctionCode, framework: str = FRAMEWORK) -> None:
    """Checks that `code` unpacks, has readable requirements and compiles. Raises `BuildFailed`.

    `framework` is the module that runs functions.
    """
    if importlib.util.find_spec(framework) is None:
        raise BuildFailed(
            f"The emulator needs {framework.replace('_', '-')} to run functions: pip install 'cfconsole[functions]'."
        )
    with tempfile.TemporaryDirectory(prefix="cfconsole-build-") as name:
        folder = Path(name)
        try:
            await asyncio.to_thread(unpack, code.archive, folder)
        except BadArchive as error:
            raise BuildFailed(str(error)) from error
        if not (folder / code.module).is_file():
            raise BuildFailed(
                f"missing {code.module} and GOOGLE_FUNCTION_SOURCE not specified. Either create the function in "
                f"main.py or specify GOOGLE_FUNCTION_SOURCE to point to the file that contains the function"
            )
        _check_requirements(folder / "requirements.txt")
        await _compile(folder)


def _check_requirements(file: Path) -> None:
    """Checks the syntax of requirements. They are not installed: what a function imports must be there already."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise BuildFailed(f"ERROR: requirements.txt can't be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        requirement = re.sub(r"(^|\s)#.*", "", line).strip()
        if (
            requirement
            and not requirement.startswith("-")
            and "://" not in requirement
            and not _REQUIREMENT.fullmatch(requirement)
        ):
            raise BuildFailed(f"ERROR: Invalid requirement: {requirement!r} (from line {number} of requirements.txt)")


async def _compile(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "compileall", "-q", "-f", "."),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), COMPILE_TIMEOUT_S)
    except TimeoutError:
        raise BuildFailed(f"The build did not end within {COMPILE_TIMEOUT_S:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = [line.rstrip() for line in output.decode(errors="replace").splitlines() if line.strip()]
        raise BuildFailed(*lines[:MAX_ERROR_LINES])
