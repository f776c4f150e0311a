"""Templates of messages and stack traces: what varies is left out, what tells errors apart stays, all of it quickly."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cfconsole.domain.logs.entries import Request
from cfconsole.domain.logs.stacks import stack_of
from cfconsole.domain.logs.templates import request_template, template_of


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("order 8123 failed after 3.4 s", "order # failed after # s"),
        ("took 1,204ms, limit -5", "took #, limit #"),
        ("unknown currency 'XTS' in \"EUR\" and `USD`", "unknown currency '…' in \"…\" and `…`"),
        ("can't reach redis, don't retry", "can't reach redis, don't retry"),
        ('{"event":"paid","order":12}', '{"event":"…","order":#}'),
        ("'a': wrong", "'…': wrong"),
        ("user ann.b@shop.example left", "user #@# left"),
        ("from 10.0.0.1:8080 at 2026-05-04T12:00:00.123Z", "from # at #"),
        ("at 2026-05-04 12:00:00,123 exactly", "at # # exactly"),
        ("block 550e8400-eabc-41d4-a716-446655440000", "block #"),
        ("trace abcdef0123456789 token aB3dE5fG7h", "trace # token #"),
        ("at 0x7f3a", "at #"),
        ("worker7 of OAuth2Client v1.2.3", "worker# of OAuth#Client v#"),
        ("GET /orders/8123/items/17 and /tmp/upload-81.csv", "GET /orders/#/items/# and /tmp/upload-#.csv"),
        ("  \n\n first line 1\nsecond line", "first line #"),
        ("too   many    blanks", "too many blanks"),
        ("", ""),
    ],
)
def test_what_varies_is_left_out(message: str, template: str) -> None:
    assert template_of(message) == template


PYTHON = """Exception on /orders [POST]
Traceback (most recent call last):
  File "/app/main.py", line 8, in other
    go()
KeyError: 'rate'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 88, in handle
    result = process(request)
  File "/app/orders/money.py", line 50, in convert
    return rates[code]
           ~~~~~^^^^^^
  File "/usr/local/lib/python3.11/site-packages/rates/read.py", line 3, in __getitem__
    raise ValueError(code)
rates.errors.UnknownCurrency: XTS
and more of its text"""

NODE = """/app/src/index.js:3
  throw new Error('x')
  ^

TypeError [ERR_X]: Cannot read properties of undefined (reading 'price')
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at async priceOf (file:///app/src/orders.js:42:13)
    at node:internal/process/task_queues:95:5
    at /app/src/index.js:3:1"""

JAVA = """Exception in thread "main" java.lang.IllegalStateException: no price
        at com.shop.Orders.price(Orders.java:42)
        at app//org.springframework.web.Filter.invoke(Filter.java:1)
Caused by: java.net.SocketTimeoutException: Read timed out
        at java.base/java.net.SocketInputStream.read(SocketInputStream.java:61)
        at com.shop.Rates.lambda$fetch$3(Rates.java:42) ~[app.jar:?]
        ... 12 more"""

GO = """panic: runtime error: index out of range [5] with length 3 [recovered]

goroutine 7 [running]:
panic({0x1, 0x2})
        /usr/local/go/src/runtime/panic.go:884 +0x212
shop.example/orders/price.(*Shop).Price(0xc000, 0x5)
        /app/price/price.go:42 +0x1d
main.main()
        /app/main.go:10"""


@pytest.mark.parametrize(
    ("message", "template"),
    [
        (PYTHON, "UnknownCurrency in convert (orders/money.py)"),
        ('ValueError: no\n  File "orders/price.py", line 42\n    raise ValueError', "ValueError in orders/price.py"),
        (NODE, "TypeError in priceOf (src/orders.js)"),
        ("request 7 failed\n    at /app/x.js:1:2", "request # failed in app/x.js"),
        (JAVA, "SocketTimeoutException in lambda$fetch$# (com.shop.Rates)"),
        (
            JAVA.replace("com.shop.Rates", "java.util.Rates"),
            "SocketTimeoutException in price (com.shop.Orders)",
        ),
        (
            JAVA.replace("com.shop", "org.apache"),
            "SocketTimeoutException in price (org.apache.Orders)",
        ),
        ("Oops.\n    at nothing that is a frame", "Oops."),
        (GO, "panic: runtime error: index out of range [#] with length # in price.(*Shop).Price (price/price.go)"),
        ("all is well\ngoroutine 1 [running]:", "all is well"),
        ('it says File "x"\nbut no line', 'it says File "…"'),
    ],
)
def test_traces_are_told_by_exception_and_own_frame(message: str, template: str) -> None:
    assert template_of(message) == template
    assert template_of(template) == template


def test_line_numbers_do_not_tell_traces_apart() -> None:
    assert template_of(PYTHON) == template_of(PYTHON.replace("line 50", "line 57").replace("XTS", "XAU"))


def test_a_trace_is_found_at_both_ends_of_a_long_message() -> None:
    filler = "x y\n" * 60_000
    assert template_of(filler + PYTHON) == template_of(PYTHON)
    assert template_of(NODE + "\n" + filler) == template_of(NODE)


def test_a_trace_says_why_it_was_raised() -> None:
    said = [stack.raised for stack in map(stack_of, (PYTHON, NODE, JAVA, GO)) if stack]
    assert said == [
        "rates.errors.UnknownCurrency: XTS",
        "TypeError [ERR_X]: Cannot read properties of undefined (reading 'price')",
        "Caused by: java.net.SocketTimeoutException: Read timed out",
        "panic: runtime error: index out of range [5] with length 3 [recovered]",
    ]


def test_text_of_one_line_has_no_stack() -> None:
    assert stack_of('File "x.py"') is None


@pytest.mark.parametrize(
    ("request_", "template"),
    [
        (Request("POST", "/orders/8123?user=7", 503, 12.0), "5xx POST /orders/#"),
        (Request("GET", "/v2/items/7/v123", 500, 12.0), "5xx GET /v2/items/#/v#"),
        (Request("GET", "/", 0, None), "--- GET /"),
        (Request("GET", "/cart/aB3dE5fG7h", 499, 1.0), "499 GET /cart/#"),
    ],
)
def test_requests_are_told_by_method_and_path(request_: Request, template: str) -> None:
    assert request_template(request_) == template


WORDS = st.text(st.sampled_from("abF0 19.:-+@/_#…'\"`,\n\t()[]{}=éß٣Z"), max_size=80)
PIECES = st.sampled_from(
    [
        "Traceback (most recent call last):\n",
        '  File "/a/b.py", line 3, in f\n',
        "  at f (/a/b.js:1:2)\n",
        "goroutine 1\n",
        "Caused by: a.B: 1\n",
        "  at a.b.C.d(C.java:1)\n",
        "f(1)\n  /a/b.go:1 +0x1\n",
        "panic: 1\n",
        "E: 'x'\n",
    ]
)


@example("'E: 'x'")
@given(st.one_of(WORDS, st.lists(st.one_of(PIECES, WORDS), max_size=12).map("".join)))
def test_a_template_is_its_own_template(text: str) -> None:
    template = template_of(text)
    assert template_of(template) == template
    assert "\n" not in template
    assert not any(character.isdecimal() for character in template)


@given(st.integers(0, 10**12), st.integers(0, 10**12), WORDS)
def test_numbers_never_tell_messages_apart(one: int, other: int, words: str) -> None:
    assert template_of(f"{words} {one} x") == template_of(f"{words} {other} x")


_HOSTILE = {
    "a long line": "word " * 52_000,
    "quotes": "'" * 262_144,
    "apostrophes": "'a " * 87_000,
    "digits": "1" * 262_144,
    "letters and digits by turns": "a1" * 131_072,
    "dashes": "1-" * 131_072,
    "hexadecimal letters": "abcdef" * 43_000 + "1",
    "half a mail address": "a." * 131_000 + "@",
    "line breaks": "\n" * 262_144,
    "openings of Node frames": "at (\n" * 52_000,
    "words of Node frames": ("at " + "new " * 5_000 + "(\n") * 12,
    "async Node frames": ("at " + "async " * 2_000 + " (" * 2_000 + "\n") * 15,
    "Java packages": ("at " + "a." * 8_000 + "\n") * 16,
    "Java modules": ("at " + "a/" * 8_000 + "\n") * 16,
    "Python frames": '  File "a", line 1, in f\n' * 10_000,
    "openings of Python frames": 'File "' * 43_000 + "\n",
    "packages of exceptions": "a.A/" * 65_000 + "\n at x:1",
    "Go frames": "goroutine 1\n" + ("/" * 100 + ".go:1\n") * 2_400,
    "causes": "Caused by: a.A: b\n at a.b(c)\n" * 8_700,
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    """Quadratic effort over 256 KiB would take minutes; the bound is far above what a busy machine needs."""
    text = _HOSTILE[name]
    started = time.process_time()
    template_of(text)
    assert time.process_time() - started < 0.25


def test_of_a_very_long_message_only_the_beginning_and_the_end_are_read() -> None:
    assert stack_of(f"{PYTHON}\n{'x' * 30_000}")
    assert stack_of(f"{'x' * 30_000}\n{PYTHON}")
    assert stack_of(f"{'x' * 10_000}\n{PYTHON}\n{'x' * 20_000}") is None
