"""Stack traces that came as one entry a line, for the tests of the domain."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.logs.rows import row_key
from cfconsole.domain.logs.stack_assembly import PAUSE_NS
from tests.domain.logs.log_rows import entry

MS = 1_000_000
NEXT = "order 18 accepted"

PYTHON = """\
Traceback (most recent call last):
  File "/app/main.py", line 88, in handle
    result = process(request)
  File "/app/orders.py", line 50, in process
    return rates[currency]
KeyError: 'XTS'"""

CHAINED = f"""\
{PYTHON}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 90, in handle
    raise Unpriced(order) from None
shop.money.Unpriced: order 17"""

JAVA = """\
java.lang.IllegalStateException: no price
\tat com.shop.Orders.price(Orders.java:12)
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.lang.NullPointerException
\tat com.shop.Rates.of(Rates.java:7)
\t... 23 more"""

NODE = """\
TypeError: Cannot read properties of undefined
    at price (/app/orders.js:12:7)
    at async /app/server.js:40:3 {
  code: 'XTS'
}"""

GO = """\
panic: runtime error: index out of range [3]
[signal SIGSEGV: segmentation violation]

goroutine 1 [running]:
main.price(...)
\t/app/orders.go:12 +0x1d
created by main.serve in goroutine 7
\t/app/main.go:5 +0x1d"""

GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "/app/main.py", line 3, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +------------------------------------"""


def lines(
    text: str,
    at: int = 0,
    *,
    instance: str = "a",
    severity: int = Severity.DEFAULT,
    apart: int = 1_000,
    service: str = "orders",
) -> list[LogEntry]:
    """Each line as an entry of one instance, from a moment on."""
    return [
        replace(
            entry(at + number * apart, f"{instance}{number:03}", line, severity=severity, service=service),
            labels=(("instanceId", instance),),
        )
        for number, line in enumerate(text.split("\n"))
    ]


def said(rows: list[LogEntry]) -> list[str]:
    return [row.message for row in rows]


LINES = [
    *("Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: x", ""),
    *("The above exception was the direct cause of the following exception:", "Error: x", "    at f (/a.js:1:1)"),
    *("Caused by: x", "panic: x", "goroutine 1 [running]:", "main.f()", NEXT, "  + indented"),
]


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[LogEntry]]:
    """Lines of some instances in any order, a few at a time."""
    texts = draw(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from("ab"), st.integers(0, 30)), max_size=40))
    entries = [
        replace(entry(moment * PAUSE_NS // 3, f"{number:03}", text), labels=(("instanceId", instance),))
        for number, (text, instance, moment) in enumerate(texts)
    ]
    if draw(st.booleans()):
        entries.sort(key=row_key)
        # Mostly in order, as they come.
        for _ in range(draw(st.integers(0, 3))):
            if entries:
                entries.append(entries.pop(draw(st.integers(0, len(entries) - 1))))
    size = draw(st.integers(1, 10))
    return [entries[at : at + size] for at in range(0, len(entries), size)]
