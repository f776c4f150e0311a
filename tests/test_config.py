"""The configuration file: its settings, and the message for each possible mistake."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from cfconsole.config import Config, ConfigError, Context
from cfconsole.config.reader import load_config, parse_config
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.steps import OnDisconnect, Policy
from cfconsole.ui.actions.key_bindings import ACTIONS

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


def test_the_example_is_valid_and_contains_the_defaults() -> None:
    example = Path(__file__).parent.parent / "config.example.toml"
    config = load_config(example)
    assert config.thresholds == Config().thresholds
    assert config.logs == Config().logs
    assert msgspec.structs.replace(config.releases, services={}) == Config().releases
    assert config.notify == Config().notify
    assert config.redact == Config().redact
    assert set(config.contexts) >= {"prod", "staging"}
    staging = msgspec.structs.replace(config.contexts["staging"], colour="")
    assert staging == Context(projects=staging.projects)


def test_keys_that_the_example_leaves_out_are_those_of_the_actions() -> None:
    text = (Path(__file__).parent.parent / "config.example.toml").read_text(encoding="utf-8")
    left_out = re.findall(r'^# ([a-z-]+) = "(.+)"$', text.partition("[keys]")[2], re.MULTILINE)
    keys = {action.id: action.key for action in ACTIONS}
    assert left_out
    assert all(keys[name] == key for name, key in left_out)


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
        ("[notify]\nwebhook = 'ftp://s3cret'", "notify.webhook: expected a URL that begins with https://"),
        ("[notify]\nwebhook = 'http://hooks.example/s3cret'", "notify.webhook: expected a URL"),
        ("[notify]\nwebhook = 7", "notify.webhook: expected a URL"),
        ("[contexts.prod]\nprojects = []", "contexts.prod.projects: is empty"),
        ("[contexts.prod]\nregions = ['a']", "contexts"),
        ("[contexts.prod]\nprojects = ['a']\ncolour = 'mauve'", "colour: invalid enum value 'mauve'"),
        ("[contexts.prod]\nprojects = ['a']\nguards = { rollback = 'maybe' }", "invalid enum value 'maybe'"),
        ("default_context = 'prod'", "default_context: no such context: 'prod'"),
        ("[releases]\nsteps = [25, 5, 100]", "releases.steps: must rise and end at 100"),
        ("[releases]\nsteps = [5, 25]", "releases.steps: must rise and end at 100"),
        ("[releases]\nbaked = '2m'", "releases.baked: is not a key; did you mean 'bake'?"),
        ("[releases]\nstrategy = 'yolo'", "invalid enum value 'yolo'"),
        ("[releases.probe]\npaths = ['health']", "releases.probe.paths"),
        ("[releases.services.x]\nattempts = 0", "attempts"),
        ("[thresholds]\nwindow = '0s'", "thresholds.window: is 0 s; write a duration from 1 min to 1 d."),
        ("[thresholds]\nwindow = '999999d'", "thresholds.window: is 999999 d; write a duration"),
        ("[thresholds]\np95 = '0s'", "thresholds.p95: is 0 s; write a duration"),
        ("[releases]\nmax_wait = '0s'", "releases.max_wait: is 0 s"),
        ("[releases.probe]\ntimeout = '0s'", "releases.probe.timeout: is 0 s"),
        ("[releases.services.mailer]\ntimeout = '0s'", "releases.services.mailer.timeout: is 0 s"),
        ("[releases.services.mailer]\nbogus = 1", "releases.services.mailer.bogus: is not a key; known keys"),
        ("[logs]\nsize = '1KiB'", "logs.size: is too small"),
        ("[contexts.a]\nprojects = ['a']\n[contexts.b]\nprojects = 'b'", "contexts.b.projects: expected array"),
        (
            "[contexts.b]\nprojects = ['b']\ncolour = 'pink'",
            "contexts.b.colour: invalid enum value 'pink'; write one of red, yellow, green, blue, magenta, cyan.",
        ),
        (
            "[contexts.b]\nprojects = ['b']\nguards = { rollbak = 'confirm' }",
            "contexts.b.guards: invalid enum value 'rollbak'; write one of rollback, ",
        ),
        (
            "[contexts.b]\nprojects = ['b']\nguards = { rollback = 'maybe' }",
            "contexts.b.guards: invalid enum value 'maybe'; write one of none, confirm, type-name.",
        ),
        ("[releases]\nstrategy = 'yolo'", "releases.strategy: invalid enum value 'yolo'; write one of all-at-once, "),
        ("[redact]\npatterns = ['(']", "redact.patterns: '(' is not a regular expression"),
    ],
)
def test_a_mistake_is_reported_with_file_and_key(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "cfg.toml")
    assert str(caught.value).startswith("cfg.toml: ")
    assert sentence in str(caught.value)


def test_releases_use_the_defaults_of_the_domain_without_settings() -> None:
    assert Config().releases.policy("orders-api") == Policy()


def test_a_service_may_be_probed_otherwise_than_the_rest() -> None:
    text = """
[releases]
on_disconnect = "restore"
min_requests = 50
[releases.probe]
min_ready = "0s"
[releases.services.mailer]
enabled = false
[releases.services.shop]
paths = ["/ready"]
"""
    releases = parse_config(text, "cfg.toml").releases
    assert releases.policy("mailer").probe.attempts == 0
    shop = releases.policy("shop")
    assert (shop.probe.paths, shop.probe.min_ready_s, shop.probe.attempts) == (("/ready",), 0.0, 8)
    assert (shop.guard.min_requests, shop.on_disconnect) == (50, OnDisconnect.RESTORE)


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path / "none.toml")


def test_a_file_must_be_text(tmp_path: Path) -> None:
    file = tmp_path / "binary.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(file)


def test_the_webhook_is_stored_and_never_printed() -> None:
    config = parse_config('[notify]\nwebhook = "https://hooks.example/s3cret"', "cfg.toml")
    assert config.notify.webhook == "https://hooks.example/s3cret"
    assert "s3cret" not in repr(config)
    assert parse_config('[notify]\nwebhook = ""', "cfg.toml").notify == Config().notify


def test_a_wrong_webhook_is_not_printed_either() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config('[notify]\nwebhook = "hooks.example/s3cret"', "cfg.toml")
    assert "s3cret" not in str(caught.value)


def test_a_webhook_on_this_machine_may_do_without_https() -> None:
    assert parse_config('[notify]\nwebhook = "http://127.0.0.1:8088/hook"', "cfg.toml").notify.webhook
