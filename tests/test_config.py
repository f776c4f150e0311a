"""The configuration file: what it can say, and the sentence for each thing it can get wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfconsole.config import Config, ConfigError, load_config, parse_config
from cfconsole.domain.releases import GuardLevel, ReleaseKind

PROD = """
default_context = "prod"
[contexts.prod]
projects = ["shop-prod"]
colour = "red"
guards = { rollback = "type-name" }
[thresholds]
p95 = "1m30s"
[logs]
size = "8 MiB"
[keys]
rollback = "ctrl+r"
"""


def test_a_full_file_becomes_settings() -> None:
    config = parse_config(PROD, "cfg.toml")
    assert config.contexts["prod"].guards == {ReleaseKind.ROLLBACK: GuardLevel.TYPE_NAME}
    assert config.thresholds.thresholds().p95_ms == 90_000
    assert config.logs.size == 8 * 2**20
    assert config.keys == {"rollback": "ctrl+r"}
    assert config.source == "cfg.toml"


def test_an_absent_file_means_defaults(tmp_path: Path) -> None:
    assert load_config(None, tmp_path / "none.toml") == Config()


def test_the_example_is_valid_and_says_the_defaults() -> None:
    example = Path(__file__).parent.parent / "config.example.toml"
    config = load_config(example, example)
    assert config.thresholds == Config().thresholds
    assert config.logs == Config().logs
    assert set(config.contexts) >= {"prod", "staging"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("= 1", "is not valid TOML"),
        ("source = 'x'", "source: is not a key"),
        ("[thresholds]\nerror_rat = 0.1", "thresholds.error_rat: is not a key; did you mean 'error_rate'?"),
        ("zzz = 1", "zzz: is not a key"),
        ("[thresholds]\ninstances = 'many'", "thresholds.instances: expected int, got str"),
        ("[thresholds]\nerror_rate = 2.0", "thresholds.error_rate: expected float <= 1"),
        ("[thresholds]\np95 = '2 parsecs'", "thresholds.p95: "),
        ("[thresholds]\np95 = 2", 'thresholds.p95: expected a duration in quotes such as "90s" or "5m"'),
        ("[logs]\nsize = '64MB'", 'logs.size: expected a size such as "64MiB"'),
        ("[contexts.prod]\nprojects = []", "contexts.prod.projects: is empty"),
        ("[contexts.prod]\nregions = ['a']", "contexts"),
        ("[contexts.prod]\nprojects = ['a']\ncolour = 'mauve'", "colour: invalid enum value 'mauve'"),
        ("[contexts.prod]\nprojects = ['a']\nguards = { rollback = 'maybe' }", "invalid enum value 'maybe'"),
        ("default_context = 'prod'", "default_context: there is no context 'prod'"),
        ("[redact]\npatterns = ['(']", "redact.patterns: '(' is no regular expression"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "cfg.toml")
    assert str(caught.value).startswith("cfg.toml: ")
    assert sentence in str(caught.value)


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path / "none.toml", tmp_path / "other.toml")


def test_a_file_must_be_text(tmp_path: Path) -> None:
    file = tmp_path / "binary.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(file, file)
