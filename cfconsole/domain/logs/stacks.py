"""Stack traces within messages of Python, Node, Java and Go: the exception, and where it occurred in the own code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

_MAX_READ = 8 * 1024
"""How many characters are read at each end of a message, where exception and innermost frame stand."""
_LINES = 200
_COLUMNS = 400

_FOREIGN_PATHS = (
    *("site-packages/", "dist-packages/", "/lib/python", "<frozen ", "<string>", "node_modules/", "node:", "internal/"),
    *("/usr/local/go/", "/usr/lib/", "/pkg/mod/", "/vendor/", "/sdk/go"),
)
_FOREIGN_PACKAGES = (
    *(
        "java.",
        "javax.",
        "jakarta.",
        "jdk.",
        "sun.",
        "com.sun.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "clojure.",
    ),
    *("org.springframework.", "org.apache.", "org.eclipse.", "org.hibernate.", "org.postgresql.", "org.jboss."),
    *("io.netty.", "io.grpc.", "io.undertow.", "io.micronaut.", "io.quarkus.", "io.vertx.", "reactor.", "okhttp3."),
    *("com.google.", "com.fasterxml.", "com.zaxxer.", "com.mysql.", "feign.", "ch.qos.logback.", "org.slf4j."),
)

_PYTHON = re.compile(r'File "(?P<place>[^"]+)", line \d+(?:, in (?P<function>.+))?')
_NODE = re.compile(
    r"at (?:(?:async |new )*+(?P<function>[^()]+) \()?(?:file://)?(?P<place>[^()\s][^()]*?)(?::\d+){1,2}\)?"
)
_JAVA = re.compile(r"at (?:[^()\s/]*/)*+(?P<place>[\w.$]+)\.(?P<function>[\w$<>-]+)\([^()]*\).*")
_GO = re.compile(r"(?P<place>/\S+\.go):\d+(?: \+0x[0-9a-f]+)?")
_EXCEPTION = re.compile(
    r"(?:Caused by: |Uncaught |Unhandled rejection |Exception in thread \"[^\"]*\" )?"
    r"(?:[\w$]+[./])*+(?P<type>[^\W\d_a-z][\w$]*)(?: \[\w+\])?(?:: .*|:)?"
)
_CAUSE = "Caused by: "


class Stack(Struct, frozen=True):
    exception: str
    """The type without its package; the whole line if there is no type, as for a panic."""
    where: str
    """`price (orders/money.py)`: function and file or class of the innermost own frame."""
    raised: str
    """The line with the exception and its message."""


class _StackFrame(Struct, frozen=True):
    line: int
    place: str
    function: str
    own: bool


def stack_of(message: str) -> Stack | None:
    """The stack trace in a message, if any. Line numbers are left out, because they change with each deploy."""
    lines = _lines(message)
    for read in (_python, _listed, _go):
        stack = read(lines)
        if stack:
            return stack
    return None


def _lines(message: str) -> list[str]:
    if len(message) <= 2 * _MAX_READ:
        lines = message.split("\n")
    else:
        lines = [*message[:_MAX_READ].split("\n"), *message[-_MAX_READ:].split("\n")]
    if len(lines) > 2 * _LINES:
        lines = lines[:_LINES] + lines[-_LINES:]
    return [line[:_COLUMNS] for line in lines]


def _python(lines: Sequence[str]) -> Stack | None:
    """Python: innermost frame last, then the exception; of chained exceptions the last one."""
    found = [(at, _PYTHON.match(line.lstrip())) for at, line in enumerate(lines) if 'File "' in line]
    frames = [_frame(at, match, _FOREIGN_PATHS) for at, match in found if match]
    if not frames:
        return None
    last = frames[-1].line
    raised = next((line for line in lines[last + 1 :] if line and not line[0].isspace()), lines[0])
    return Stack(_type(raised), _where(frames[::-1]), raised)


def _listed(lines: Sequence[str]) -> Stack | None:
    """Node and Java: the exception, then its frames, innermost first; the last cause is the root."""
    frames = list(filter(None, (_listed_frame(at, line.strip()) for at, line in enumerate(lines))))
    if not frames:
        return None
    cause = max((at for at, line in enumerate(lines) if line.lstrip().startswith(_CAUSE)), default=-1)
    if cause < 0:
        raised = next(filter(_EXCEPTION.fullmatch, reversed(lines[: frames[0].line])), lines[0])
        return Stack(_type(raised), _where(frames), raised)
    inner = [frame for frame in frames if frame.line > cause]
    own = any(frame.own for frame in inner)
    raised = lines[cause].strip()
    return Stack(_type(raised), _where(inner if own else [*frames, *inner]), raised)


def _listed_frame(at: int, line: str) -> _StackFrame | None:
    if not line.startswith("at "):
        return None
    match = _JAVA.fullmatch(line)
    if match:
        return _frame(at, match, (), _FOREIGN_PACKAGES)
    match = _NODE.fullmatch(line)
    return _frame(at, match, _FOREIGN_PATHS) if match else None


def _go(lines: Sequence[str]) -> Stack | None:
    """Go: the panic, then pairs of lines, function and place, innermost first."""
    if not any(line.startswith("goroutine ") for line in lines):
        return None
    frames = []
    for at, line in enumerate(lines):
        match = _GO.fullmatch(line.strip())
        if match:
            function = lines[at - 1].rpartition("(")[0].rpartition("/")[2]
            frames.append(replace(_frame(at, match, _FOREIGN_PATHS), function=function))
    raised = next((line for line in lines if line.startswith(("panic: ", "fatal error: "))), lines[0])
    return Stack(raised.removesuffix(" [recovered]"), _where(frames), raised) if frames else None


def _frame(at: int, match: re.Match[str], paths: tuple[str, ...], packages: tuple[str, ...] = ()) -> _StackFrame:
    place, function = match["place"], match.groupdict().get("function") or ""
    foreign = any(path in place for path in paths) or place.startswith(packages)
    return _StackFrame(at, place, function, not foreign)


def _type(line: str) -> str:
    match = _EXCEPTION.fullmatch(line)
    return match["type"] if match else line.partition(": ")[0]


def _where(frames: Sequence[_StackFrame]) -> str:
    """The innermost own frame, else the innermost frame; `frames` begin with the innermost."""
    frame = next((frame for frame in frames if frame.own), frames[0])
    place = "/".join(frame.place.rsplit("/", 2)[-2:])
    return f"{frame.function} ({place})" if frame.function else place
