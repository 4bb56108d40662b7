"""Machines bring a bearer token of the configured issuer; nothing else opens a door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from camunda_orchestration_sdk import CamundaClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services import bearer
from services.settings import Settings, konten

ISSUER, AUDIENCE = "https://anmeldung.example/kommune", "etappe"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ALGORITHMS = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm}


def jwk(key: Any, kid: str, algorithm: str = "RS256", **more: str) -> dict[str, Any]:
    return ALGORITHMS[algorithm].to_jwk(key.public_key(), as_dict=True) | {"kid": kid, **more}


def key_set(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys)})


def token(key: Any = RSA_KEY, *, algorithm: str = "RS256", kid: str | None = "a", without: tuple[str, ...] = (), **claims: Any) -> str:
    now = int(time.time())
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "client_id": "fachverfahren", "iat": now, "exp": now + 300} | claims
    return jwt.encode({k: v for k, v in body.items() if k not in without}, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@pytest.fixture
def keys(server, tmp_path, monkeypatch):
    """The file with the issuer's keys; the server trusts them."""
    file = tmp_path / "jwks.json"
    file.write_text(key_set(jwk(RSA_KEY, "a"), jwk(EC_KEY, "e", "ES256"), jwk(SMALL_KEY, "small"), jwk(OTHER_KEY, "enc", use="enc")))
    monkeypatch.setattr(server.app, "settings", replace(
        server.app.settings, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks=str(file),
        oidc_konten={"fachverfahren": "verwaltung", "partner-1": "lindqvist", "weg": "gibt-es-nicht"}))
    monkeypatch.setattr(bearer, "_keys", {})
    monkeypatch.setattr(bearer, "PAUSE", 0.0)
    return file


def ask(http, sent: str | None, path: str = "/v2/authentication/me", method: str = "GET", **kw: Any):
    return http(method, path, login=None, headers={"Authorization": f"Bearer {sent}"} if sent is not None else {}, **kw)


def test_token_opens_the_account_of_its_client_with_its_rights(http, keys) -> None:
    me = ask(http, token())
    assert (me.status_code, me.json["username"], me.json["roles"]) == (200, "verwaltung", ["verwaltung"])
    assert ask(http, token(client_id="partner-1")).json["username"] == "lindqvist"
    assert ask(http, token(EC_KEY, algorithm="ES256", kid="e")).status_code == 200
    assert ask(http, token(algorithm="PS256")).status_code == 200
    assert ask(http, token(without=("client_id",), azp="fachverfahren")).status_code == 200
    assert ask(http, token(aud=["anderes", AUDIENCE])).status_code == 200
    assert ask(http, token(roles=["verwaltung"], client_id="partner-1"), "/v2/process-instances", "POST", body={"processDefinitionId": "x"}).status_code == 403


def forged() -> dict[str, str]:
    """Tokens that nobody may get in with."""
    now = int(time.time())
    public = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(b"=").decode()
    body = part({"iss": ISSUER, "aud": AUDIENCE, "client_id": "fachverfahren", "exp": now + 300})
    confused = f"{part({'alg': 'HS256', 'kid': 'a'})}.{body}"
    good = token()
    return {
        "expired": token(exp=now - 60), "without expiry": token(without=("exp",)), "expiry as text": token(exp="morgen"), "expiry NaN": token(exp=float("nan")),
        "not yet": token(nbf=now + 300), "issued in the future": token(iat=now + 300), "another audience": token(aud="anderes"), "no audience": token(without=("aud",)),
        "another issuer": token(iss=ISSUER + "/"), "no issuer": token(without=("iss",)), "another key": token(OTHER_KEY), "unknown key": token(kid="z"),
        "no key named": token(kid=None), "small key": token(SMALL_KEY, kid="small"), "key for encryption": token(OTHER_KEY, kid="enc"),
        "key of another kind": token(EC_KEY, algorithm="ES256", kid="a"), "unsigned": f"{part({'alg': 'none', 'kid': 'a'})}.{body}.",
        "public key as secret": f"{confused}.{part(hmac.digest(public, confused.encode(), hashlib.sha256))}",
        "critical header": jwt.encode({"exp": now + 300}, RSA_KEY, "RS256", headers={"kid": "a", "crit": ["x"], "x": 1}),
        "signature cut": good[:-8], "body changed": ".".join([good.split(".")[0], body, good.split(".")[2]]), "unknown client": token(client_id="fremd"),
        "client is a list": token(client_id=["fachverfahren"]), "client without account": token(client_id="weg"), "nothing": "", "words": "kein token", "dots": "..",
        "nested": f"{part(b'[' * 10_000)}.{body}.x", "endless": "a" * 100_000}


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")  # made on purpose
def test_no_forged_token_opens_a_door(http, keys) -> None:
    answers = {}
    for name, sent in forged().items():
        answer = ask(http, sent)
        answers[name] = answer.status_code
        assert answer.mimetype == "application/problem+json"
        assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="Etappe", charset="UTF-8"', 'Bearer realm="Etappe"']

    assert answers == dict.fromkeys(answers, 401)


def test_without_configuration_no_token_counts(http) -> None:
    assert ask(http, token()).status_code == 401


def test_token_is_no_log_in_for_pages(http, keys) -> None:
    assert ask(http, token(), "/aufgaben").status_code == 302


def test_new_keys_are_found_and_old_ones_go_on_while_the_issuer_is_away(http, keys, monkeypatch) -> None:
    assert ask(http, token()).status_code == 200
    assert ask(http, token(OTHER_KEY, kid="neu")).status_code == 401

    keys.write_text(key_set(jwk(RSA_KEY, "a"), jwk(OTHER_KEY, "neu")))
    assert ask(http, token(OTHER_KEY, kid="neu")).status_code == 200

    keys.write_text("gerade kaputt")
    monkeypatch.setattr(bearer, "STALE", -1.0)
    assert ask(http, token()).status_code == 200
    keys.write_text(key_set(jwk(OTHER_KEY, "neu")))
    assert ask(http, token()).status_code == 401, "a key that was withdrawn does not count any more"


def test_unknown_keys_do_not_make_us_ask_the_issuer_again_and_again(http, keys, monkeypatch) -> None:
    monkeypatch.setattr(bearer, "PAUSE", 60.0)
    asked = []
    monkeypatch.setattr(bearer, "fetch", lambda source: asked.append(source) or keys.read_bytes())

    for _ in range(5):
        assert ask(http, token(OTHER_KEY, kid="z")).status_code == 401

    assert len(asked) == 1


@pytest.mark.parametrize("address", ["http://anmeldung.example/jwks", "/gibt/es/nicht"])
def test_keys_from_an_unsafe_or_missing_place_open_nothing(http, server, keys, monkeypatch, address) -> None:
    monkeypatch.setattr(server.app, "settings", replace(server.app.settings, oidc_jwks=address))

    assert ask(http, token()).status_code == 401


def test_accounts_of_clients_are_read_strictly(monkeypatch) -> None:
    assert konten(" a = b, c=d ,") == {"a": "b", "c": "d"}
    for text in ("a", "a=", "=b", "a=b,a=c"):
        with pytest.raises(ValueError, match="client=login"):
            konten(text)
    monkeypatch.setenv("ETAPPE_OIDC_KONTEN", "a=b")
    assert Settings.from_environment().oidc_konten == {"a": "b"}


# -- the whole way -------------------------------------------------------------------------------------------------------
class Issuer(BaseHTTPRequestHandler):
    """An OIDC issuer with client credentials and its keys."""

    def do_GET(self) -> None:
        self._answer(key_set(jwk(RSA_KEY, "a")).encode())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert "grant_type=client_credentials" in sent
        self._answer(json.dumps({"access_token": token(), "token_type": "Bearer", "expires_in": 300}).encode())

    def _answer(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_official_client_gets_its_token_and_works(server, keys, monkeypatch) -> None:
    issuer = HTTPServer(("127.0.0.1", 0), Issuer)
    threading.Thread(target=issuer.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{issuer.server_port}"
        monkeypatch.setattr(server.app, "settings", replace(server.app.settings, oidc_jwks=f"{address}/jwks"))
        with CamundaClient(configuration={
                "CAMUNDA_REST_ADDRESS": server.address, "CAMUNDA_AUTH_STRATEGY": "OAUTH", "CAMUNDA_CLIENT_ID": "fachverfahren", "CAMUNDA_CLIENT_SECRET": "geheim",
                "CAMUNDA_OAUTH_URL": f"{address}/token", "CAMUNDA_TOKEN_AUDIENCE": AUDIENCE}) as client:
            assert client.get_authentication().username == "verwaltung"
    finally:
        issuer.shutdown()
        issuer.server_close()
