"""Services as YAML that reads back as the same values."""

from __future__ import annotations

import pytest
import yaml
from google.cloud import run_v2
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.fleet.service_yaml import describe_service, yaml_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": True, "c": None}, "a: 1\nb: true\nc: null"),
        ({"a": {"b": "x"}}, "a:\n  b: x"),
        ({"a": [1, 2]}, "a:\n- 1\n- 2"),
        ({"a": [{"b": 1, "c": [2]}]}, "a:\n- b: 1\n  c:\n  - 2"),
        ({"a": {}, "b": []}, "a: {}\nb: []"),
        (
            {"a": "yes", "b": "12", "c": "x: y", "d": "it's: so", "e": ""},
            "a: 'yes'\nb: '12'\nc: 'x: y'\nd: 'it''s: so'\ne: ''",
        ),
        ({"a": "one\ntwo"}, "a: |-\n  one\n  two"),
        ({"a": [{}]}, "a:\n- {}"),
    ],
)
def test_values_are_laid_out_as_yaml(value: object, text: str) -> None:
    assert yaml_text(value) == text + "\n"


def test_secret_values_stay_out_wherever_they_stand() -> None:
    service = run_v2.Service(
        name="projects/p/locations/r/services/s",
        template={
            "containers": [{"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "PORT", "value": "80"}]}]
        },
        build_config={"environment_variables": {"NPM_KEY": "hunter3"}},
    )
    text = describe_service(run_v2.Service.pb(service), Scrubber(), b"salt")
    assert "hunter" not in text
    assert "- name: DB_PASSWORD" in text
    assert "value: '80'" in text


NUMBERS = "0x1F 0o17 017 0b101 1_000 1e3 1E-3 1.5e+3 .5 5. 12 -1 +1 .inf -.inf .nan 2020-01-01 12:30:45 190:20:30"
WORDS = "~ null Null NULL true True yes Yes no on Off y n = == << 2020-01-01T10:00:00Z é 日本 \U0001f600 %20 it's \xa0"
SIGNS = "- -- --- ... ? ?a : a: :a a:b # #a a#b & &a * *a ! !a | > % @ ` ' \" '' [ ] { } [a] {a} , a, \\ \\n \"q\" a\tb"
AWKWARD = [*NUMBERS.split(" "), *WORDS.split(" "), *SIGNS.split(" ")]
BLANKS = ["", " ", " a", "a ", "a b", "a: b", "a :b", "a #b", "- a", "? a", "\t"]
LINES = ["a\n", "a\n\n", "\na", "a\nb", " a\nb", "a\n b\n", "a\r\nb", "\r", "\x85", "\u2028", "a\n\x85"]
CONTROLS = ["\x1b[31m", "\x00", "\x7f", "\ufeff"]


@pytest.mark.parametrize("text", [*AWKWARD, *BLANKS, *LINES, *CONTROLS], ids=ascii)
def test_awkward_text_is_read_back_as_it_was(text: str) -> None:
    value = {"key": text, text: [text, {"deep": text}]}

    assert yaml.safe_load(yaml_text(value)) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert yaml.safe_load(yaml_text([text])) == [text]


@pytest.mark.parametrize("text", ["1e3", "0o17", "1E-3", "5.", ".5"])
def test_numbers_of_yaml_1_2_are_quoted_too(text: str) -> None:
    assert yaml_text([text]) == f"- '{text}'\n"


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e300, True, False, None, [], {}, [[]], [{}], {"a": {"b": [1, [2]]}}])
def test_values_that_are_no_text_keep_their_kind(value: object) -> None:
    assert yaml.safe_load(yaml_text({"a": value})) == {"a": value}


def test_a_long_value_stays_on_its_line() -> None:
    assert yaml_text({"a": "word " * 500 + "end"}).count("\n") == 1
