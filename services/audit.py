"""The append-only audit: every command leaves one row, each chain linked by hash.

A chain is a family of instances (``pi:<root key>``), a case (``fall:<Aktenzeichen>``) or ``verwaltung``. Its rows are
numbered without a gap, so a removed row shows. The hash covers the previous hash and the canonical JSON of the row.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.db.stapel import Stapel, adapt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from services.context import Actor
    from services.unit_of_work import UnitOfWork

# One statement: the head of the chain is read and extended; two writers of one chain meet at the unique number.
INSERT = """
    insert into audit (mandant, chain, number, at, actor, on_behalf_of, command, subject, reason, detail, previous, hash)
    select %(mandant)s, %(chain)s, coalesce(k.number, 0) + 1, %(at)s, %(actor)s, %(behalf)s, %(command)s, %(subject)s, %(reason)s, %(detail)s, k.hash,
           sha256(coalesce(k.hash, ''::bytea) || convert_to(%(canonical)s, 'UTF8'))
    from (select 1) x left join lateral
        (select a.number, a.hash from audit a where a.mandant = %(mandant)s and a.chain = %(chain)s order by a.number desc limit 1) k on true
"""


def canonical(at: datetime, actor: str, behalf: str | None, command: str, subject: str, reason: str | None, detail: Mapping[str, Any]) -> str:
    """The text that is hashed; also computed when a chain is checked."""
    return json.dumps([at.isoformat(), actor, behalf, command, subject, reason, detail], sort_keys=True, ensure_ascii=False, default=str)


def record(uow: UnitOfWork, actor: Actor, *, chain: str, command: str, subject: str, at: datetime, reason: str | None = None,
           detail: Mapping[str, Any] | None = None) -> None:
    """Append one row. ``detail`` holds keys, names of elements and states; never personal data."""
    single = Stapel(uow.session)
    add(single, actor, chain=chain, command=command, subject=subject, at=at, reason=reason, detail=detail)
    single.flush()


def add(batch: Stapel, actor: Actor, *, chain: str, command: str, subject: str, at: datetime, reason: str | None = None,
        detail: Mapping[str, Any] | None = None) -> None:
    """The same as a part of a batch."""
    data = dict(detail or {})
    batch.add(INSERT, {
        "mandant": actor.mandant, "chain": chain, "at": at, "actor": actor.login, "behalf": actor.on_behalf_of, "command": command,
        "subject": subject, "reason": reason, "detail": adapt(data),
        "canonical": canonical(at, actor.login, actor.on_behalf_of, command, subject, reason, data)})


def verify(session: Session, mandant: str, chain: str) -> int | None:
    """Number of the first row that does not fit its chain, or None if the whole chain is sound."""
    rows = session.execute(text(
        "select number, at, actor, on_behalf_of, command, subject, reason, detail, previous, hash from audit "
        "where mandant = :m and chain = :c order by number"), {"m": mandant, "c": chain})
    previous: bytes | None = None
    for expected, row in enumerate(rows, start=1):
        body = canonical(row.at, row.actor, row.on_behalf_of, row.command, row.subject, row.reason, row.detail)
        digest = hashlib.sha256((previous or b"") + body.encode()).digest()
        if row.number != expected or row.previous != previous or bytes(row.hash) != digest:
            return int(row.number)
        previous = bytes(row.hash)
    return None
