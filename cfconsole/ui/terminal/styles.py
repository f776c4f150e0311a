"""SGR styles as canonical strings: parsing them, their effect on blanks, and the shortest change between two.

A style is the parameter string that makes it from the default, attributes first, then the colours (`1;4;31;48;5;7`);
the default is the empty string, and a hyperlink follows a `|`. Strings compare by identity first and cache
their hash, and the caches here may drop entries at any time.
"""

from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

DEFAULT: Final = ""

_OFF: Final = {
    "1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25",
    "7": "27", "8": "28", "9": "29", "51": "54", "52": "54", "53": "55",
}  # fmt: skip
_OFF_CODES: Final = frozenset(_OFF.values())
_SEEN_ON_BLANKS: Final = frozenset({"4", "21", "5", "6", "7", "9", "51", "52", "53"})


class _Parts(Struct, frozen=True):
    attributes: frozenset[str]
    foreground: str
    background: str
    link: str

    def text(self) -> str:
        codes = [*sorted(self.attributes, key=int), self.foreground, self.background]
        sgr = ";".join(code for code in codes if code)
        return f"{sgr}|{self.link}" if self.link else sgr


_NOTHING: Final = _Parts(frozenset(), "", "", "")


@lru_cache(maxsize=4096)
def after_sgr(style: str, parameters: str) -> str:
    """The style in force after `CSI parameters m`, where `style` was before; unknown codes change nothing."""
    parts = _split(style)
    codes = parameters.split(";")
    while codes:
        parts = _after_code(parts, codes.pop(0) or "0", codes)
    return parts.text()


@lru_cache(maxsize=4096)
def without_colours(style: str) -> str:
    """The attributes and the link of a style alone."""
    return replace(_split(style), foreground="", background="").text()


@lru_cache(maxsize=1024)
def with_link(style: str, link: str) -> str:
    """`style` inside the hyperlink `link` (the parameters and address of OSC 8); an empty link ends one."""
    return replace(_split(style), link=link).text()


@lru_cache(maxsize=4096)
def on_blank(style: str) -> str:
    """The smallest style in which a space looks as in `style`: usually its background alone."""
    parts = _split(style)
    if parts.link or parts.attributes & _SEEN_ON_BLANKS:
        return style
    return parts.background


@lru_cache(maxsize=4096)
def is_reversed(style: str) -> bool:
    """Whether foreground and background are swapped, as in a row under the cursor."""
    return "7" in _split(style).attributes


@lru_cache(maxsize=16384)
def change(old: str | None, new: str) -> str:
    """The shortest text that switches a terminal from one style to another; `None` is an unknown style."""
    target = _split(new)
    if old is None:
        return _link_change(None, target.link) + _from_reset(target)
    source = _split(old)
    link = _link_change(source.link, target.link)
    if replace(source, link="") == replace(target, link=""):
        return link
    return link + min(_from_reset(target), _by_steps(source, target), key=len)


@lru_cache(maxsize=4096)
def _split(style: str) -> _Parts:
    sgr, _, link = style.partition("|")
    parts = _NOTHING
    codes = sgr.split(";") if sgr else []
    while codes:
        parts = _after_code(parts, codes.pop(0), codes)
    return replace(parts, link=link)


def _after_code(parts: _Parts, code: str, rest: list[str]) -> _Parts:
    """Applies one code; the arguments of an extended colour are taken from the front of `rest`."""
    if code in {"38", "48", "58"}:
        return _after_colour(parts, code, _extended(code, rest))
    number = int(code) if code.isdecimal() else -1
    if number == 0:
        return replace(_NOTHING, link=parts.link)
    if code in _OFF:
        return replace(parts, attributes=parts.attributes | {code})
    if code in _OFF_CODES:
        attributes = frozenset(each for each in parts.attributes if _OFF[each] != code)
        return replace(parts, attributes=attributes)
    if 30 <= number <= 39 or 90 <= number <= 97:
        return replace(parts, foreground="" if number == 39 else code)
    if 40 <= number <= 49 or 100 <= number <= 107:
        return replace(parts, background="" if number == 49 else code)
    return parts


def _extended(code: str, rest: list[str]) -> str:
    count = {"5": 2, "2": 4}.get(rest[0] if rest else "", 0)
    arguments = rest[:count]
    del rest[:count]
    return ";".join([code, *arguments]) if len(arguments) == count and count else ""


def _after_colour(parts: _Parts, code: str, colour: str) -> _Parts:
    match code:
        case "38" if colour:
            return replace(parts, foreground=colour)
        case "48" if colour:
            return replace(parts, background=colour)
        case _:
            return parts


def _link_change(old: str | None, new: str) -> str:
    if old == new or (old is None and not new):
        return ""
    return f"\x1b]8;{new or ';'}\x1b\\"


def _from_reset(target: _Parts) -> str:
    sgr = replace(target, link="").text()
    return f"\x1b[;{sgr}m" if sgr else "\x1b[m"


def _by_steps(source: _Parts, target: _Parts) -> str:
    off = {_OFF[each] for each in source.attributes - target.attributes}
    staying = {each for each in source.attributes if _OFF[each] not in off}
    codes = [*sorted(off), *sorted(target.attributes - staying, key=int)]
    if source.foreground != target.foreground:
        codes.append(target.foreground or "39")
    if source.background != target.background:
        codes.append(target.background or "49")
    return f"\x1b[{';'.join(codes)}m"
