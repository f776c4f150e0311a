"""Descriptions read like YAML and can be read back as such."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.describe import describe_service, yaml_lines


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
        ({"a": "one\ntwo"}, "a: |\n  one\n  two"),
        ({"a": [{}]}, "a:\n- {}"),
    ],
)
def test_values_are_laid_out_as_yaml(value: object, text: str) -> None:
    assert "\n".join(yaml_lines(value)) == text


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
