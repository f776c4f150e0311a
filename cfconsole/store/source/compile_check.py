"""The check whether Python sources compile, run by the interpreter of the source in a process of its own.

A malicious or huge file can then neither block the event loop of the console nor end its process.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.files import SourceListing
from cfconsole.store.source.process import python_of, run_process

COMPILE_TIMEOUT_S = 60.0
MAX_LINES = 12
_PROGRAM = """
import ast, json, os, sys, traceback, warnings
warnings.simplefilter("ignore")
errors, names = [], []
for number, name in enumerate(sys.stdin.buffer.read().split(b"\\0")):
    path = os.fsdecode(name)
    try:
        with open(path, "rb") as file:
            source = file.read()
        compile(source, path, "exec", dont_inherit=True)
        if path == "main.py":
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    names.append(node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    names.append(node.id)
                elif isinstance(node, ast.alias):
                    names.append(node.asname or node.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        lines = "".join(traceback.format_exception_only(type(error), error))
        errors.append([path, lines.replace("<unknown>", path)])
    except OSError as error:
        errors.append([path, str(error)])
    if len(errors) == 3:
        break
reply = {"version": sys.version_info[:2], "errors": errors, "names": names}
sys.stdout.buffer.write(json.dumps(reply).encode("ascii"))
"""
_RUNTIME = re.compile(r"python(\d)(\d+)")


class _CompileReply(msgspec.Struct):
    """The output of `_PROGRAM`: the interpreter's version, errors by file, and the names that main.py defines."""

    version: tuple[int, int]
    errors: list[tuple[str, str]]
    names: list[str]


class CompileResult(NamedTuple):
    """The check that passed, in words, or empty; and warnings."""

    checked: str
    warnings: tuple[str, ...] = ()


async def compile_sources(
    listing: SourceListing,
    show: Callable[[str], str],
    *,
    runtime: str = "",
    entry_point: str = "",
    within_s: float = COMPILE_TIMEOUT_S,
) -> CompileResult:
    """Compiles all Python files. Raises `SourceError` with the interpreter's first lines if one does not compile.

    If the function's runtime is a newer Python than the one here, that is a warning only.
    """
    names = [file.name for file in listing.files if file.name.endswith(".py")]
    reply = await _run_compiler(listing, names, within_s)
    version = ".".join(map(str, reply.version))
    if reply.errors:
        name, text = reply.errors[0]
        sentence = f"{show(name)} does not compile with Python {version}"
        if not _is_newer(runtime, reply.version):
            raise SourceError(sentence, tuple(show(text).splitlines())[:MAX_LINES])
        return CompileResult("", (f"{sentence}, which is older than {runtime}; it may still be valid there",))
    warnings = _entry_point_warnings(entry_point, reply.names)
    compiling = "1 file compiles" if len(names) == 1 else f"{len(names)} files compile"
    return CompileResult(f"{compiling} with Python {version}", warnings)


async def _run_compiler(listing: SourceListing, names: Sequence[str], within_s: float) -> _CompileReply:
    command = (python_of(listing.root), "-I", "-c", _PROGRAM)
    stdin = b"\0".join(map(os.fsencode, names))
    ran = await run_process(command, listing.root, dict(os.environ), within_s=within_s, stdin=stdin)
    try:
        return msgspec.json.decode(ran.output.rpartition("\n")[2], type=_CompileReply)
    except msgspec.MsgspecError as error:
        why = "did not finish in time" if ran.code is None else f"ended with {ran.code}"
        raise SourceError(f"could not check whether the sources compile: {command[0]} {why}") from error


def _is_newer(runtime: str, version: tuple[int, int]) -> bool:
    match = _RUNTIME.fullmatch(runtime)
    return match is not None and (int(match[1]), int(match[2])) > version


def _entry_point_warnings(entry_point: str, names: Sequence[str]) -> tuple[str, ...]:
    if not entry_point or entry_point in names or "*" in names:
        return ()
    return (f"main.py does not define {entry_point}, the function's entry point",)
