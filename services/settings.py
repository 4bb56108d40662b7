"""Settings from the environment; every one has a working default."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``database_url``: address of the application role. ``owner_url``: address of the owner, for migrations only.

    ``database_role`` is set at connect where both addresses are the same log-in. ``testmodus`` allows the pinned clock and
    other operations that must never exist in production. ``oidc_*``: whose tokens machines may bring (``services.bearer``);
    ``oidc_konten``: client of the issuer -> log-in of the account that it opens here.
    """

    data_dir: Path
    database_url: str = ""
    owner_url: str = ""
    database_role: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    testmodus: bool = False
    secret: str = ""
    base_url: str = ""
    mail_absender: str = "etappe@kommune.example"
    smtp_url: str = ""
    max_body_bytes: int = 12 * 1024 * 1024
    pool_size: int = 10
    threads: int = 16  # a long poll holds one of them for up to 30 s
    oidc_issuer: str = ""
    oidc_jwks: str = ""
    oidc_audience: str = ""
    oidc_konten: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Self:
        env = os.environ
        database = env.get("ETAPPE_APP_DATABASE_URL") or env.get("DATABASE_URL", "")
        owner = env.get("DATABASE_URL", "")
        return cls(
            data_dir=Path(env.get("ETAPPE_DATA_DIR", ".etappe")).resolve(),
            database_url=database,
            owner_url=owner,
            database_role="etappe_app" if database and database == owner else None,
            host=env.get("HOST", "127.0.0.1"),
            port=int(env.get("PORT", "8080")),
            testmodus=env.get("ETAPPE_TESTMODUS", "") == "1",
            secret=env.get("ETAPPE_SECRET", ""),
            base_url=env.get("ETAPPE_BASE_URL", ""),
            mail_absender=env.get("ETAPPE_MAIL_ABSENDER", "etappe@kommune.example"),
            smtp_url=env.get("ETAPPE_SMTP_URL", ""),
            threads=int(env.get("ETAPPE_THREADS", "16")),
            oidc_issuer=env.get("ETAPPE_OIDC_ISSUER", ""),
            oidc_jwks=env.get("ETAPPE_OIDC_JWKS", ""),
            oidc_audience=env.get("ETAPPE_OIDC_AUDIENCE", ""),
            oidc_konten=konten(env.get("ETAPPE_OIDC_KONTEN", "")),
        )


def konten(text: str) -> dict[str, str]:
    """``client=login`` pairs, divided by commas. Raises ValueError for anything else."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        client, sign, login = (piece.strip() for piece in part.partition("="))
        if not sign or not client or not login or client in found:
            raise ValueError(f"ETAPPE_OIDC_KONTEN: expected client=login, each client once, found {part!r}.")
        found[client] = login
    return found
