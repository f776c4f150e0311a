"""ID tokens from a service account's key, and what happens where there is none."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.credentials import IdTokens, no_id_token
from tests.gcp.emulated import SCRUB
from tests.net.http_server import Reply, Request, http_server

AUDIENCE = "https://api-abc-uc.a.run.app"


def jwt(expires_in_s: int) -> str:
    """A token as the endpoint returns it; its signature is not checked here."""
    parts = ({"alg": "RS256"}, {"exp": int(time.time()) + expires_in_s, "aud": AUDIENCE})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".c2ln"
    )


def service_account(folder: Path, token_uri: str) -> str:
    """A key file as `gcloud iam service-accounts keys create` writes it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "key.json"
    said = {"type": "service_account", "client_email": "ops@shop.iam", "token_uri": token_uri, "private_key_id": "k"}
    file.write_text(json.dumps({**said, "private_key": pem.decode()}))
    return str(file)


async def test_a_token_of_a_service_account_is_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    token = jwt(3600)
    answer = Reply(200, (("Content-Type", "application/json"),), json.dumps({"id_token": token}).encode())
    async with http_server(lambda request: answer) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", service_account(tmp_path, server.url))
        tokens = IdTokens(SCRUB)
        assert [await tokens.token(AUDIENCE), await tokens.token(AUDIENCE)] == [token, token]
    assert len(server.requests) == 1


async def test_a_login_that_is_refused_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(request: Request) -> Reply:
        return Reply(400, (), b'{"error": "invalid_grant"}')

    async with http_server(refuse) as server:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", service_account(tmp_path, server.url))
        with pytest.raises(CloudError) as raised:
            await IdTokens(SCRUB).token(AUDIENCE)
    assert raised.value.kind is ErrorKind.CREDENTIALS


async def test_where_nothing_can_give_a_token_none_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    tokens = IdTokens(SCRUB)
    assert [await tokens.token(AUDIENCE), await tokens.token(AUDIENCE), await no_id_token(AUDIENCE)] == ["", "", ""]
