"""Steps of a case that run once per person: whom they are about, and who is not among them because she joined later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from services import policy
from services.aufgaben import person_of
from services.prozess import tasks
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from services.bootstrap import App
    from services.context import Actor


@dataclass(frozen=True, kw_only=True)
class Personenschritte:
    """Names of open steps: ``mit`` are about this person, ``ohne`` are about other members of the case and not about her."""

    mit: tuple[str, ...]
    ohne: tuple[str, ...]


def der_person(app: App, actor: Actor, *, aktenzeichen: str, person: int) -> Personenschritte:
    """The open steps that are done per person. They are named, whoever has to do them: nothing else about them is told.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
    """

    def work(uow: UnitOfWork) -> Personenschritte:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        column = tasks.TABLE.c
        rows = uow.session.execute(
            select(*tasks.FIELDS).where(column.mandant == actor.mandant, column.business_id == aktenzeichen, column.status == "CREATED").order_by(column.key))
        about: dict[str, set[int]] = defaultdict(set)
        for task in map(tasks.info, rows.all()):
            who = person_of(tasks.visible_variables(uow, task))
            if who is not None:
                about[task.name].add(who)
        return Personenschritte(mit=tuple(name for name, people in about.items() if person in people),
                                ohne=tuple(name for name, people in about.items() if person not in people))
    return read(app, actor, work)
