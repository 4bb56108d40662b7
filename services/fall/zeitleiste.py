"""The time line of a case: its own events merged with the tasks that were completed, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, literal, null, or_, select, true, union_all

from services import policy
from services.db.models.fall import Zeitleiste
from services.db.models.grundlage import Benutzer, Organisation
from services.db.models.prozess import UserTask
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

ARTEN = {
    "fall": "Fall",
    "phase": "Phase",
    "fallverantwortung": "Fallverantwortung",
    "einwilligung": "Einwilligung",
    "uebergabe": "Übergabe",
    "verweis": "Verweis",
    "kontakt": "Kontakt",
    "notiz": "Notiz",
    "mitteilung": "Mitteilung",
    "hilfeplan": "Hilfeplan",
    "phasenwechsel": "Phasenwechsel",
    "strukturhinweis": "Strukturhinweis",
    "aufgabe": "Aufgabe",
    "dokument": "Dokument",
}
# What another organisation that holds or held the case may see of entries that are not its own: no notes, no contacts.
ALLGEMEIN = ("fall", "phase", "phasenwechsel", "fallverantwortung", "uebergabe")


@dataclass(frozen=True, kw_only=True)
class Eintrag:
    """One line. ``art`` is a key of :data:`ARTEN`; ``wer`` the name of the person, or ``Etappe``; ``link`` the key of the thing meant."""

    am: datetime
    art: str
    text: str
    wer: str
    organisation: str | None
    link: int | None


def notieren(uow: UnitOfWork, aktenzeichen: str, art: str, text: str, *, beteiligt: str | None = None, link: int | None = None) -> None:
    """Append an entry within the caller's unit of work. ``text`` holds no personal data."""
    assert art in ARTEN
    uow.session.execute(
        insert(Zeitleiste).values(
            key=uow.key(),
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            am=uow.now,
            art=art,
            text=text,
            wer=uow.actor.login,
            organisation=uow.actor.organisation,
            beteiligt=beteiligt,
            link=link,
        )
    )


def lesen(app: App, actor: Actor, *, aktenzeichen: str, arten: tuple[str, ...] = (), grenze: int = 200) -> tuple[Eintrag, ...]:
    """The time line, newest first; ``arten`` selects kinds.

    Members of the responsible organisation see everything their own organisation wrote or that concerns it, what happened
    without anybody (timers), and the general events of others. Others see what concerns their own organisation.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[Eintrag, ...]:
        target = policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        inside = actor.has_role("system") or actor.organisation in {target.inhaber, target.organisation, target.federfuehrend}
        mine = or_(Zeitleiste.organisation == actor.organisation, Zeitleiste.beteiligt == actor.organisation)
        seen = (
            true()
            if actor.has_role("system")
            else (or_(mine, Zeitleiste.organisation == "", Zeitleiste.art.in_(ALLGEMEIN)) if inside else mine)
        )
        events = select(
            Zeitleiste.am,
            Zeitleiste.art,
            Zeitleiste.text,
            Zeitleiste.wer,
            Zeitleiste.organisation,
            Zeitleiste.link,
            Zeitleiste.key.label("reihe"),
        ).where(Zeitleiste.mandant == actor.mandant, Zeitleiste.aktenzeichen == aktenzeichen, seen)
        tasks = select(
            UserTask.ended.label("am"),
            literal("aufgabe").label("art"),
            UserTask.name.label("text"),
            UserTask.completed_by.label("wer"),
            null().label("organisation"),
            UserTask.key.label("link"),
            UserTask.key.label("reihe"),
        ).where(
            UserTask.mandant == actor.mandant,
            UserTask.business_id == aktenzeichen,
            UserTask.completed_by.is_not(None),
            UserTask.ended.is_not(None),
            true() if inside else UserTask.completed_by == actor.login,
        )
        both = union_all(events, tasks).subquery()
        query = (
            select(both, Benutzer.name.label("person"), Organisation.name.label("stelle"))
            .outerjoin(Benutzer, and_(Benutzer.mandant == actor.mandant, Benutzer.login == both.c.wer))
            .outerjoin(Organisation, and_(Organisation.mandant == actor.mandant, Organisation.key == both.c.organisation))
            .order_by(both.c.am.desc(), both.c.reihe.desc())
            .limit(grenze)
        )
        if arten:
            query = query.where(both.c.art.in_(arten))
        return tuple(
            Eintrag(am=r.am, art=r.art, text=r.text or "", wer=r.person or "Etappe", organisation=r.stelle, link=r.link)
            for r in uow.session.execute(query)
        )

    return read(app, actor, work)
