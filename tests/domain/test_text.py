"""Outside text: what it may not contain any more, what is masked, and what stays as it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.text import MAX_CHARACTERS, Scrubber, clean, clean_line, mask_env, secret_env

SCRUB = Scrubber()
SALT = b"one process"
HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b[31mK;\t\r\n\x00\x07\x7f\x85\x9b\u200b\u200d\u202e\u2066\u00ad\ufe0f\ufe0e\u0301\u00a0\U000e0041"
        ),
        st.integers(0xD800, 0xDFFF).map(chr),
    )
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /cart 200", "GET /cart 200"),
        ("Grüße, 価格 ✓", "Grüße, 価格 ✓"),
        ("\x1b[31mred\x1b[0m", "␛red␛"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b", "␛"),
        ("\x00\x08\x7f\x9b", "␀␈␡·"),
        ("user\u202egnp.exe\u2069", "user·gnp.exe·"),
        ("pay\u200bpal\ufeff", "pay·pal·"),
        ("soft\u00adhyphen", "soft·hyphen"),
        ("tag\U000e0041\U000e007f", "tag··"),
        ("a\u00a0b", "a b"),
        ("bad \ud800 half", "bad \N{REPLACEMENT CHARACTER} half"),
        ("a\tb", "a       b"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo␍three\nfour"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("x\ufe0f\ufe0f\ufe0f", "x\ufe0f··"),
        ("\ufe0fx\n\ufe0fy", "·x\n·y"),
        ("e" + "\u0301" * 9 + "!", "e" + "\u0301" * 4 + "·!"),
    ],
)
def test_unsafe_pieces_become_visible_marks(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(HOSTILE)
def test_clean_text_has_nothing_left_that_acts_or_hides(text: str) -> None:
    shown = clean(text)
    assert not {c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not {"\u200b", "\u200d", "\u202e", "\u2066", "\u00ad", "\ufeff", "\t", "\U000e0041"} & set(shown)


@given(HOSTILE)
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert SCRUB(SCRUB(text)) == SCRUB(text)


@given(HOSTILE)
def test_a_line_has_no_line_break_and_hides_no_piece(text: str) -> None:
    assert "\n" not in clean_line(text)
    assert bool(clean_line(text)) == bool(text)


def test_line_breaks_are_marks_in_a_line() -> None:
    assert clean_line("one\ntwo") == "one␤two"
    assert SCRUB.line("one\ntwo password=x") == "one␤two password=•••"


@pytest.mark.parametrize("length", [MAX_CHARACTERS + 1, 3 * MAX_CHARACTERS])
def test_long_text_is_cut_with_a_count(length: int) -> None:
    shown = SCRUB("x" * length)
    kept, _, mark = shown.partition(" … ")
    assert len(shown) <= MAX_CHARACTERS
    assert mark == f"{length - len(kept):,} characters cut"


def test_text_that_grows_beyond_the_bound_is_cut_too() -> None:
    shown = SCRUB("\t" * MAX_CHARACTERS)
    assert len(shown) <= MAX_CHARACTERS
    assert shown.endswith("characters cut")


def test_nothing_of_a_secret_on_the_edge_of_the_cut_is_left() -> None:
    shown = SCRUB("x" * (MAX_CHARACTERS - 10) + " AIza" + "S" * 35)
    assert "AIza" not in shown


def test_a_cut_text_that_was_all_secret_shows_no_part_of_it() -> None:
    shown = SCRUB("-----BEGIN PRIVATE KEY-----\n" + "k" * (2 * MAX_CHARACTERS))
    assert "kk" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key AIzaSyA1234567890abcdefghijklmnopqrstuv!", "key •••!"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer •••"),
        ('{"authorization": "Basic dXNlcjpwYXNz"}', '{"authorization": "Basic •••"}'),
        ("tok ya29.a0AfH6SMBx end", "tok ••• end"),
        ("jwt eyJhbGciOiJI.eyJzdWIi.c2ln x", "jwt ••• x"),
        ("postgres://app:hunter2@db/shop", "postgres://app:•••@db/shop"),
        ("redis://:hunter2@cache", "redis://:•••@cache"),
        ("password=hunter2 next", "password=••• next"),
        ("DB_PASS=hunter2&x=1", "DB_PASS=•••&x=1"),
        ("PASSWORD: 'two words' x", "PASSWORD: ••• x"),
        ('{"api_key": "a\\"b", "n": 1}', '{"api_key": •••, "n": 1}'),
        (r"{\"client_secret\":\"x\\y\",\"n\":1}", r"{\"client_secret\":•••\",\"n\":1}"),
        ('{"token": "abc", "tokens": 3}', '{"token": •••, "tokens": 3}'),
        ('{"secret": ["a", "b]"], "n": 1}', '{"secret": •••, "n": 1}'),
        ('{"api_key": {"now": {"v": "x"}, "old": "y"}, "n": [1]}', '{"api_key": •••, "n": [1]}'),
        ('{"password":[["a"', '{"password":•••'),
        ('{"api_key":12}', '{"api_key":•••}'),
        ('[{"pwd": null}]', '[{"pwd": •••}]'),
        ("password=a]b}c", "password=•••"),
        ("secret = s3", "secret = •••"),
        ('password="never closed\nnext', "password=•••\nnext"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nx",
            "-----BEGIN RSA PRIVATE KEY-----•••-----END RSA PRIVATE KEY-----\nx",
        ),
    ],
)
def test_credentials_are_masked_by_their_shape(text: str, shown: str) -> None:
    assert SCRUB(text) == shown
    assert SCRUB(shown) == shown


@pytest.mark.parametrize(
    "text", ["unexpected token: '}'", "7 tests pass: all", "https://host:8080/a@b", "the bearer of", "api/v1/items"]
)
def test_prose_is_not_masked(text: str) -> None:
    assert SCRUB(text) == text


@pytest.mark.parametrize(
    "piece", ["eyJ", "\\", "password=\\", 'password="', "://:", "-----BEGIN ", "token ", "bearer  ", "pwd=[", "pwd=]}"]
)
def test_hostile_repetition_costs_one_pass(piece: str) -> None:
    repeated = 'password="' + piece * (MAX_CHARACTERS // len(piece))
    assert len(SCRUB(repeated)) <= MAX_CHARACTERS


def test_configured_patterns_are_masked_as_a_whole() -> None:
    scrub = Scrubber([r"\bcust-\d+", "ACME"])
    assert scrub("cust-4711 bought from ACME") == "••• bought from •••"


@pytest.mark.parametrize(("pattern", "why"), [("(", "not a regular expression"), ("x*", "matches empty text")])
def test_unusable_patterns_are_refused_with_a_sentence(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Scrubber([pattern])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "debug"),
        ("PORT", "8080"),
        ("DB_PORT", "5432"),
        ("TZ", "Europe/Berlin"),
        ("FEATURE_X", "true"),
        ("A", ""),
    ],
)
def test_harmless_values_are_shown(name: str, value: str) -> None:
    assert mask_env(name, value, SALT).display == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASS", "hunter2"),
        ("ADMIN_PIN", "4711"),
        ("LOG_LEVEL", "x" * 40),
        ("PORT", "\x1b[2J"),
        ("API_URL", "https://x"),
    ],
)
def test_all_other_values_are_masked(name: str, value: str) -> None:
    masked = mask_env(name, value, SALT)
    assert masked.display == "•••"
    assert value not in masked.digest


def test_digests_tell_values_apart_within_one_process_only() -> None:
    one = mask_env("KEY", "value", SALT)
    assert one == mask_env("KEY", "value", SALT)
    assert one.digest != mask_env("KEY", "other", SALT).digest
    assert one.digest != mask_env("KEY", "value", b"another process").digest


def test_secret_references_are_shown_by_name() -> None:
    assert secret_env("DB", "projects/p/secrets/db-password", "3").display == "secret db-password:3"
    assert secret_env("DB", "db-password", "").display == "secret db-password:latest"
