"""What pages show of orders for many instances, and orders for chosen incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.errors import InvalidInput, NotFound
from services.prozess import rechte, sammel
from services.prozess.rechte import Recht
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

MOST_ORDERS = 50
MOST_ITEMS = 100


# -- orders ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Auftrag:
    """An order and how far it is. ``person``: name of who placed it; ``modell``: of the version to move to, with its number."""

    key: int
    type: str
    status: str
    reason: str | None
    parameters: Mapping[str, Any]
    created: datetime
    ended: datetime | None
    person: str
    modell: str | None
    fassung: int | None
    total: int
    completed: int
    failed: int
    canceled: int

    @property
    def offen(self) -> int:
        return self.total - self.completed - self.failed - self.canceled

    @property
    def fertig(self) -> bool:
        return self.status in {"COMPLETED", "CANCELED"}

    @property
    def wiederholt(self) -> int | None:
        """The order whose failures this one tries again."""
        found = self.parameters.get("repeats")
        return int(found) if found else None


ORDERS = """
    select o.key, o.type, o.status, o.reason, o.parameters, o.created, o.ended, coalesce(b.name, o.created_by) as person,
           coalesce(d.name, d.process_id) as modell, d.version as fassung, i.total, i.completed, i.failed, i.canceled
    from batch_operation o left join benutzer b on b.mandant = o.mandant and b.login = o.created_by
    left join process_definition d on o.type = 'MIGRATE_PROCESS_INSTANCE' and d.key = cast(o.parameters ->> 'definition' as bigint)
    cross join lateral (
        select count(*) as total, count(*) filter (where status = 'COMPLETED') as completed, count(*) filter (where status = 'FAILED') as failed,
               count(*) filter (where status = 'CANCELED') as canceled
        from batch_operation_item where operation_key = o.key) i
"""


def auflisten(app: App, actor: Actor, *, vor: int | None = None) -> tuple[tuple[Auftrag, ...], bool]:
    """Orders, the newest first, those before the one with the key ``vor``; and whether there are older ones. Raises NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[tuple[Auftrag, ...], bool]:
        rechte.require(actor, Recht.OPERATE)
        rows = uow.session.execute(text(
            f"{ORDERS} where o.mandant = :m and (cast(:v as bigint) is null or o.key < :v) order by o.key desc limit :n"),
            {"m": actor.mandant, "v": vor, "n": MOST_ORDERS + 1}).all()
        return tuple(Auftrag(**row._mapping) for row in rows[:MOST_ORDERS]), len(rows) > MOST_ORDERS
    return read(app, actor, work)


def lesen(app: App, actor: Actor, *, key: int) -> Auftrag:
    """One order. Raises NotFound, NotPermitted."""
    def work(uow: UnitOfWork) -> Auftrag:
        rechte.require(actor, Recht.OPERATE)
        row = uow.session.execute(text(f"{ORDERS} where o.key = :k"), {"k": key}).one_or_none()
        if row is None:
            raise NotFound("Diesen Auftrag gibt es nicht.")
        return Auftrag(**row._mapping)
    return read(app, actor, work)


@dataclass(frozen=True, kw_only=True)
class Teil:
    """One instance (or incident) of an order, and what became of it."""

    item_key: int
    instance_key: int
    business_id: str | None
    name: str
    process_id: str
    definition_key: int
    status: str
    processed: datetime | None
    message: str | None


def teile(app: App, actor: Actor, *, key: int, status: str | None = None, nach: int = 0) -> tuple[tuple[Teil, ...], bool]:
    """Items of an order in the order of their keys, and whether there are more. Raises NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[tuple[Teil, ...], bool]:
        rechte.require(actor, Recht.OPERATE)
        rows = uow.session.execute(text("""
            select c.item_key, c.instance_key, i.business_id, coalesce(d.name, i.process_id) as name, i.process_id,
                   i.definition_key, c.status, c.processed, c.message
            from batch_operation_item c join process_instance i on i.key = c.instance_key join process_definition d on d.key = i.definition_key
            where c.operation_key = :k and c.item_key > :a and (cast(:s as text) is null or c.status = :s) order by c.item_key limit :n"""),
            {"k": key, "a": nach, "s": status, "n": MOST_ITEMS + 1}).all()
        return tuple(Teil(**row._mapping) for row in rows[:MOST_ITEMS]), len(rows) > MOST_ITEMS
    return read(app, actor, work)


# -- incidents ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Ursache:
    """Open incidents of one kind at one element of one model."""

    process_id: str
    element_id: str
    type: str
    modell: str
    schritt: str
    anzahl: int
    seit: datetime


def ursachen(app: App, actor: Actor, *, mindestens: int = 2) -> tuple[Ursache, ...]:
    """Causes that stopped several cases, the most frequent first. Raises NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[Ursache, ...]:
        rechte.require(actor, Recht.SEE_INCIDENTS)
        rows = uow.session.execute(text("""
            select n.process_id, n.element_id, n.type, max(coalesce(d.name, n.process_id)) as modell, max(coalesce(n.element_name, n.element_id)) as schritt,
                   count(*) as anzahl, min(n.created) as seit
            from incident n join process_definition d on d.key = n.definition_key where n.status = 'ACTIVE'
            group by n.process_id, n.element_id, n.type having count(*) >= :n order by anzahl desc, n.process_id, n.element_id, n.type limit 50"""),
            {"n": mindestens})
        return tuple(Ursache(**row._mapping) for row in rows)
    return read(app, actor, work)


def stoerungen_wiederholen(app: App, actor: Actor, *, keys: Collection[int] = (), ursache: tuple[str, str, str] | None = None,
                           reason: str | None = None) -> int:
    """An order that tries open incidents again: those with these keys, or all of one cause (process, element, type).

    Returns its key. Raises NotPermitted, InvalidInput if none of them is open.
    """
    process, element, kind = ursache or (None, None, None)

    def work(uow: UnitOfWork) -> int:
        rechte.require(actor, Recht.OPERATE)
        rows = uow.session.execute(text("""
            select key, instance_key, root_key from incident where status = 'ACTIVE'
            and (key = any(:k) or (process_id = :p and element_id = :e and type = :t)) order by key limit :n"""),
            {"k": sorted(keys), "p": process, "e": element, "t": kind, "n": sammel.MAX_ITEMS + 1}).all()
        if not rows:
            raise InvalidInput("Diese Störungen sind schon behoben.")
        return sammel.place(uow, kind="RESOLVE_INCIDENT", parameters={}, reason=reason, items=[(r.key, r.instance_key, r.root_key) for r in rows])
    return transact(app, actor, work)
