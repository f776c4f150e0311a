"""Text from outside made safe to display: without control characters, hidden characters or known secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cfconsole.domain.fleet.services import EnvVar

MAX_CHARACTERS = 256 * 1024
"""Longer texts are cut, with a note of how much is missing."""

HIDDEN_MARK = "·"
"""Replaces a character that is invisible or reorders its neighbours."""

NEWLINE_MARK = "␤"
SECRET_MARK = "•••"

_CUT_ROOM = 64
_TAB_WIDTH = 8

# Many combining marks on one letter would spill over into other lines.
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_VARIATION = "\ufe00-\ufe0f"
_INVISIBLE = (
    "\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f"
# Searching one class of characters is many times faster than the alternatives below.
_SUSPECT = re.compile(rf"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff{_INVISIBLE}{_VARIATION}{_SPACES}]|[{_COMBINING}]{{5}}")
_UNSAFE = re.compile(
    r"(?P<colour>\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~])"
    r"|(?P<crlf>\r\n)"
    r"|(?P<control>[\x00-\x08\x0b-\x1f\x7f])"
    rf"|(?P<hidden>[{_INVISIBLE}])"
    rf"|(?P<selector>(?:(?<![^\n])|(?<=[{_VARIATION}]))[{_VARIATION}])"
    rf"|(?P<pile>(?<=[{_COMBINING}]{{4}})[{_COMBINING}]+)"
    rf"|(?P<space>[{_SPACES}])"
    r"|(?P<surrogate>[\ud800-\udfff])"
)


def _mark(match: re.Match[str]) -> str:
    """What stands in place of an unsafe piece: never nothing, so that hidden text is noticed."""
    match match.lastgroup:
        case "colour":
            return "␛"
        case "crlf":
            return "\n"
        case "control":
            code = ord(match.group())
            return "␡" if code == 0x7F else chr(0x2400 + code)
        case "space":
            return " "
        case "surrogate":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return HIDDEN_MARK


def clean(text: str) -> str:
    """Makes a text of several lines safe: newlines stay, tabs become spaces, anything else unsafe a visible mark.

    Colour and cursor sequences become one `␛` each; of other escape sequences only the escape character is replaced
    and their text stays readable. Cleaning twice changes nothing more. The length is not bounded here.
    """
    if (text.isascii() and text.isprintable()) or not _SUSPECT.search(text):
        return text
    text = _UNSAFE.sub(_mark, text)
    return text.expandtabs(_TAB_WIDTH) if "\t" in text else text


def clean_line(text: str) -> str:
    """Like `clean`, as a single line: line breaks become marks. Cut at `MAX_CHARACTERS`."""
    return _cut(clean(text[:MAX_CHARACTERS]), len(text)).replace("\n", NEWLINE_MARK)


def _cut(text: str, original: int) -> str:
    """Cuts a long text so that the result, with its note, stays within `MAX_CHARACTERS`.

    The last characters before a cut always go: half a secret would not be recognised as one.
    """
    beyond = max(0, original - MAX_CHARACTERS)
    if not beyond and len(text) <= MAX_CHARACTERS:
        return text
    start = text[: max(0, min(MAX_CHARACTERS, len(text)) - _CUT_ROOM)]
    return f"{start} … {len(text) - len(start) + beyond:,} characters cut"


# All quantifiers are possessive, so that a hostile text costs no more than one pass.
_BARE = r"(?:[^\s,;&\"'\\\]}]|[\]}](?![\s,;&\"'\\\]}]|\Z))++"
_VALUE = (
    rf"(?!•)(?:\"(?:[^\"\\\n]|\\.)*+\"?|'[^'\n]*+'?|\\++[\"'](?:[^\"'\\\n]|\\++[^\"'\\\n])*+|(?P<open>[\[{{])|{_BARE})"
)
_NESTING = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"?|(?P<open>[\[{])|(?P<close>[\]}])")
_BUILT_IN: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("aiza",), re.compile(r"AIza[0-9A-Za-z_-]{20,}")),
    (("ya29.",), re.compile(r"ya29\.[0-9A-Za-z_.-]+")),
    (("eyj",), re.compile(r"(?<![0-9A-Za-z_-])eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]*)?")),
    (("bearer",), re.compile(r"(?P<keep>\bbearer\s+)[0-9A-Za-z._~+/=-]{8,}", re.IGNORECASE)),
    (
        ("authorization",),
        re.compile(r"(?P<keep>\bauthorization\\*[\"']?\s*[:=]\s*\\*[\"']?basic\s+)[0-9A-Za-z+/=_-]+", re.IGNORECASE),
    ),
    (
        ("private key",),
        re.compile(r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----)(?!•).*?(?:(?=-----END)|\Z)", re.DOTALL),
    ),
    (("://",), re.compile(r"(?P<keep>://[^/\s:@]*:)[^@\s/•]+(?=@)")),
    (
        ("passw", "pwd", "api", "access", "client", "private"),
        re.compile(
            r"(?P<keep>(?:password|passwd|pwd|api[_-]?key|access[_-]?key|client[_-]?secret|private[_-]?key)"
            rf"\\*[\"']?\s*[:=]\s*){_VALUE}",
            re.IGNORECASE,
        ),
    ),
    (
        ("secret", "token", "pass"),
        # A colon after the bare word is prose ("unexpected token: …"); after a quoted key it is JSON.
        re.compile(rf"(?P<keep>(?:secret|token|(?<![a-z])pass)(?:\\*[\"']\s*[:=]|\s*=)\s*){_VALUE}", re.IGNORECASE),
    ),
)


def _mask(text: str, pattern: re.Pattern[str]) -> str:
    """The text with all matches of the pattern masked; a list or an object is masked as a whole."""
    pieces: list[str] = []
    at = 0
    while match := pattern.search(text, at):
        groups = match.groupdict()
        pieces += [text[at : match.start()], groups.get("keep") or "", SECRET_MARK]
        at = _closed(text, match.end()) if groups.get("open") else match.end()
    return "".join([*pieces, text[at:]]) if pieces else text


def _closed(text: str, start: int) -> int:
    """The end of the list or object that opens right before `start`, or of the text if it never closes."""
    depth = 1
    for token in _NESTING.finditer(text, start):
        depth += bool(token["open"]) - bool(token["close"])
        if not depth:
            return token.end()
    return len(text)


class Scrubber:
    """Cleans and redacts text from outside, once, where adapters build domain values.

    `redact` holds regular expressions from the configuration; their matches are masked in addition to credentials
    known by their shape. Raises `ValueError` with a sentence for an unusable expression.
    """

    __slots__ = ("_patterns",)

    def __init__(self, redact: Sequence[str] = ()) -> None:
        self._patterns = tuple(map(_redaction, redact))

    def __call__(self, text: str) -> str:
        """The safe text, with its line breaks; at most `MAX_CHARACTERS` long."""
        return _cut(self._redacted(clean(text[:MAX_CHARACTERS])), len(text))

    def line(self, text: str) -> str:
        """The safe text as one line, for names, labels and table cells."""
        return self(text).replace("\n", NEWLINE_MARK)

    def _redacted(self, text: str) -> str:
        lowered = text.lower()
        for hints, pattern in _BUILT_IN:
            for hint in hints:
                if hint in lowered:
                    text = _mask(text, pattern)
                    break
        for pattern in self._patterns:
            text = pattern.sub(SECRET_MARK, text)
        return text


def _redaction(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(
            f"the redaction pattern {clean_line(pattern)!r} is not a regular expression: {error}"
        ) from error
    if compiled.match(""):
        raise ValueError(
            f"the redaction pattern {clean_line(pattern)!r} matches empty text; make it match only the secret"
        )
    return compiled


_HARMLESS_NAMES = re.compile(
    r"(?:ENV|ENVIRONMENT|STAGE|TZ|LANG|LC_ALL|REGION|LOCATION|ZONE|PORT|HOST|DEBUG|VERBOSE|MODE|VERSION|WORKERS|THREADS"
    r"|NODE_ENV|RAILS_ENV|FLASK_ENV|APP_ENV|GOMAXPROCS|PYTHONUNBUFFERED|K_SERVICE|K_REVISION|FUNCTION_TARGET"
    r"|FUNCTION_SIGNATURE_TYPE|LOG_FORMAT|(?:\w+_)?(?:LOG_?LEVEL|PORT|REGION|TIMEOUT(?:_MS|_S|_SECONDS)?|ENABLED|LIMIT"
    r"|CONCURRENCY|WORKERS|THREADS|RETRIES|REPLICAS|POOL_SIZE|BATCH_SIZE|TTL))"
)
_HARMLESS_VALUE = re.compile(r"-?[0-9]{1,9}(?:[.][0-9]{1,6})?(?:ms|[smhd])?|[A-Za-z][A-Za-z0-9_./-]{0,31}|")
_BOOLEAN = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1", ""})


def mask_env(name: str, value: str, salt: bytes) -> EnvVar:
    """The variable with its value if name and shape show that it is no secret; else with a mask and a salted digest.

    The digest tells two values apart within one process; `salt` is random and never stored (at most 64 bytes count).
    """
    safe_name = clean_line(name)
    plain = _HARMLESS_VALUE.fullmatch(value) is not None and _HARMLESS_NAMES.fullmatch(name.upper()) is not None
    if plain or value.lower() in _BOOLEAN:
        return EnvVar(safe_name, value)
    # Loads OpenSSL, which is too slow before the first frame.
    from hashlib import blake2b

    digest = blake2b(value.encode("utf-8", "surrogatepass"), key=salt[:64], digest_size=6).hexdigest()
    return EnvVar(safe_name, SECRET_MARK, digest)


def secret_env(name: str, secret: str, version: str) -> EnvVar:
    """A variable from Secret Manager, displayed as `secret NAME:VERSION`; its value is never read."""
    return EnvVar(clean_line(name), f"secret {clean_line(secret.rsplit('/', 1)[-1])}:{clean_line(version or 'latest')}")
