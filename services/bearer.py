"""Bearer tokens of machines: OIDC client credentials (RFC 6749 section 4.4), as signed JWTs (RFC 7519) checked with the issuer's keys (RFC 7517).

A token opens exactly the account that the settings give to its client: rights and Mandant are those of the account, never what
a token says about them.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from services import anmeldung
from services.uhr import anmeldezeit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.anmeldung import Angemeldet
    from services.bootstrap import App
    from services.settings import Settings

log = logging.getLogger("etappe.anmeldung")

ALGORITHMS: Final = ("RS256", "PS256", "ES256")  # signatures only: a key that is public must never count as a secret
MAX_TOKEN, MAX_KEYS = 16_384, 262_144  # bytes
MIN_RSA_BITS = 2048
LEEWAY = 30.0      # seconds by which clocks may differ
STALE = 3600.0     # seconds after which keys are read again
PAUSE = 30.0       # seconds between two attempts to find an unknown key
TIMEOUT = 5.0      # seconds for the issuer to answer
CLIENT_CLAIMS = ("client_id", "azp", "sub")  # RFC 9068 first; the others are what common issuers write


class BearerRefused(anmeldung.LoginRefused):
    """The token does not count here; why stands in the log only."""

    message_de = "Diese Zugangsmarke gilt hier nicht. Bitte holen Sie beim Anmeldedienst eine neue."


class NoKeySet(ValueError):
    """Expected a JSON Web Key Set."""


class Keys:
    """The public keys at one place (a file, or an address of the issuer), read again when they are old or a key is missing."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: Mapping[str | None, Any] = {}
        self._read = self._tried = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str | None) -> Any | None:  # noqa: ANN401  a public key of the cryptography package
        """The key with this id; without an id the only key. None if there is none."""
        with self._lock:
            now = time.monotonic()
            known = self._pick(kid)
            if (known is None or now - self._read > STALE) and now - self._tried > PAUSE:
                self._tried = now
                try:
                    self._found, self._read = parse(fetch(self.source)), now
                except (OSError, ValueError):
                    log.exception("oidc_keys_unreadable", extra={"source": self.source})  # the old ones go on counting
            return self._pick(kid)

    def _pick(self, kid: str | None) -> Any | None:  # noqa: ANN401  a public key of the cryptography package
        if kid is None:
            return next(iter(self._found.values())) if len(self._found) == 1 else None
        return self._found.get(kid)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from the place that the settings name, from nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Raises HTTPError in the caller."""


def fetch(source: str) -> bytes:
    """The bytes of a key set. Raises OSError, and ValueError for an address that is not safe."""
    parts = urlsplit(source)
    if parts.scheme not in {"http", "https"}:
        return Path(source).read_bytes()
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError("Expected an https address for the keys.")
    with urllib.request.build_opener(NoRedirect).open(source, timeout=TIMEOUT) as answer:
        data: bytes = answer.read(MAX_KEYS)
    return data


def parse(data: bytes) -> dict[str | None, Any]:
    """Keys by their id; those that do not verify signatures of ours are left out. Raises ValueError."""
    document = json.loads(data)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise NoKeySet(data[:80])
    found: dict[str | None, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") not in {"RSA", "EC"} or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(entry, algorithm="RS256" if entry["kty"] == "RSA" else "ES256").key
        except jwt.PyJWTError:
            continue
        if (isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS) or (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
            found[entry.get("kid")] = key
    return found


_keys: dict[str, Keys] = {}


def angemeldet(app: App, *, token: str) -> Angemeldet:
    """The account of a machine. Raises BearerRefused."""
    settings = app.settings
    if not settings.oidc_issuer or not settings.oidc_jwks or not settings.oidc_audience or len(token) > MAX_TOKEN:
        raise BearerRefused
    try:
        claims = verified(settings, token)
        in_time(claims, anmeldezeit(app))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        log.warning("bearer_refused", extra={"kind": type(error).__name__})
        raise BearerRefused from error
    client = next((claims[name] for name in CLIENT_CLAIMS if claims.get(name)), None)
    login = settings.oidc_konten.get(client) if isinstance(client, str) else None
    if login is None:
        log.warning("bearer_refused", extra={"kind": "UnknownClient"})
        raise BearerRefused
    try:
        return anmeldung.ohne_passwort(app, login=login)
    except anmeldung.LoginRefused as error:
        log.warning("bearer_refused", extra={"kind": "NoAccount"})
        raise BearerRefused from error


def verified(settings: Settings, token: str) -> dict[str, Any]:
    """The claims of a token that the issuer signed for us. Raises PyJWTError, ValueError."""
    header = jwt.get_unverified_header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or not (kid is None or isinstance(kid, str)) or "crit" in header:
        raise ValueError("header")
    key = _keys.setdefault(settings.oidc_jwks, Keys(settings.oidc_jwks)).find(kid)
    if key is None or isinstance(key, EllipticCurvePublicKey) != (algorithm == "ES256"):
        raise ValueError("key")
    # The clock of the log-in judges the times, see in_time.
    claims: dict[str, Any] = jwt.decode(
        token, key=key, algorithms=[algorithm], audience=settings.oidc_audience, issuer=settings.oidc_issuer,
        options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False})
    return claims


def in_time(claims: Mapping[str, Any], now: datetime) -> None:
    """Raises ValueError for a token that has expired or does not count yet."""
    moment = now.timestamp()
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if any(isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) for value in times.values()):
        raise ValueError("time")
    if times["exp"] <= moment - LEEWAY or max(times.get("nbf", 0), times.get("iat", 0)) > moment + LEEWAY:
        raise ValueError("time")
