"""Drafts: what a person typed into a task, valid or not. One per person and task; it survives log-out and ends with the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from services.db.models.prozess import Entwurf
from services.errors import InvalidInput, TaskNotOpen
from services.prozess import rechte
from services.prozess.tasks import load
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

MAX_FIELDS = 2000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """``inhalt`` holds the fields as typed: field name to text or list of texts."""

    inhalt: Mapping[str, Any]
    gespeichert: datetime


@dataclass(frozen=True, kw_only=True)
class ColleaguesDraft(Draft):
    """With log-in and name of whoever wrote it."""

    login: str
    name: str


def save(app: App, actor: Actor, *, key: int, inhalt: Mapping[str, Any]) -> datetime:
    """Keep what was typed; returns when. Raises TaskNotOpen, NotFound."""
    def work(uow: UnitOfWork) -> datetime:
        task = load(uow.session, actor, key)
        rechte.require_task(uow, "complete", task)
        if task.status != "CREATED":
            raise TaskNotOpen(task=key, status=task.status)
        return save_in(uow, key=key, inhalt=inhalt)
    return transact(app, actor, work)


def save_in(uow: UnitOfWork, *, key: int, inhalt: Mapping[str, Any]) -> datetime:
    """The same inside a unit of work of the caller, who has checked the task."""
    if len(inhalt) > MAX_FIELDS:
        raise InvalidInput(f"Ein Entwurf hat höchstens {MAX_FIELDS} Felder.")
    statement = insert(Entwurf).values(task_key=key, login=uow.actor.login, mandant=uow.actor.mandant, inhalt=dict(inhalt), gespeichert=uow.now)
    uow.session.execute(statement.on_conflict_do_update(
        index_elements=["task_key", "login"], set_={"inhalt": statement.excluded.inhalt, "gespeichert": statement.excluded.gespeichert}))
    return uow.now


def begin_in(uow: UnitOfWork, *, key: int) -> None:
    """See to it that there is a draft, to which files can belong; the caller has checked the task."""
    uow.session.execute(insert(Entwurf).values(task_key=key, login=uow.actor.login, mandant=uow.actor.mandant, inhalt={}, gespeichert=uow.now)
                        .on_conflict_do_nothing())


def load_draft(app: App, actor: Actor, *, key: int) -> Draft | None:
    """The draft of this person for this task, if there is one."""
    return read(app, actor, lambda uow: draft_in(uow, key=key))


def draft_in(uow: UnitOfWork, *, key: int) -> Draft | None:
    """The same inside a unit of work of the caller."""
    row = uow.session.execute(text("select inhalt, gespeichert from entwurf where task_key = :k and login = :l"),
                              {"k": key, "l": uow.actor.login}).one_or_none()
    return None if row is None else Draft(inhalt=row.inhalt, gespeichert=row.gespeichert)


def of_colleague_in(uow: UnitOfWork, *, key: int) -> ColleaguesDraft | None:
    """The newest draft of this task by a colleague of the own organisation.

    A task that moved leaves the draft with whoever wrote it. A draft of another organisation is its own and is not shown.
    """
    row = uow.session.execute(text(
        "select e.login, b.name, e.inhalt, e.gespeichert from entwurf e join benutzer b on b.mandant = e.mandant and b.login = e.login "
        "where e.task_key = :k and e.login <> :l and b.organisation = :o order by e.gespeichert desc, e.login limit 1"),
        {"k": key, "l": uow.actor.login, "o": uow.actor.organisation}).one_or_none()
    return None if row is None else ColleaguesDraft(login=row.login, name=row.name, inhalt=row.inhalt, gespeichert=row.gespeichert)


def discard(app: App, actor: Actor, *, key: int) -> None:
    """Throw the draft away."""
    def work(uow: UnitOfWork) -> None:
        uow.session.execute(text("delete from entwurf where task_key = :k and login = :l"), {"k": key, "l": actor.login})
    transact(app, actor, work)
