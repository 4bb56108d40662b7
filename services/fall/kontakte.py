"""Notes of contacts. Contact that breaks off, and comes back, is told to the processes of the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select

from services import policy
from services.db.models.fall import Kontakt
from services.db.models.grundlage import Benutzer
from services.errors import Conflict, InvalidInput
from services.fall import einwilligungen, faelle, verantwortung, zeitleiste, zugriffe
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

ARTEN = {
    "treffen": "Treffen",
    "telefon": "Telefonat",
    "nachricht": "Nachricht",
    "brief": "Brief",
    "hausbesuch": "Hausbesuch",
    "stelle": "Kontakt mit einer Stelle",
}
NOTIZ_MAX = 10_000


@dataclass(frozen=True, kw_only=True)
class KontaktInfo:
    """One contact or attempt; ``person`` is a member of the case or None."""

    key: int
    am: datetime
    art: str
    art_titel: str
    erreicht: bool
    person: int | None
    notiz: str
    erfasst_von: str


def notieren(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    art: str,
    notiz: str,
    erreicht: bool = True,
    person: int | None = None,
    am: datetime | None = None,
) -> int:
    """Write a note; returns its key. A contact that succeeds after a break tells the processes that the contact is back.

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: the case is closed.
    """

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        fall = verantwortung.lock_open(uow, aktenzeichen)
        when = am or uow.now
        errors = {}
        if art not in ARTEN:
            errors["art"] = "Bitte wählen Sie aus der Liste."
        if not notiz.strip() or len(notiz) > NOTIZ_MAX:
            errors["notiz"] = f"Bitte schreiben Sie 1 bis {NOTIZ_MAX} Zeichen."
        if when > uow.now:
            errors["am"] = "Der Kontakt liegt in der Zukunft."
        if errors:
            raise InvalidInput(errors=errors)
        if person is not None:
            einwilligungen.check_people(uow, aktenzeichen, [person])
        key = uow.key()
        uow.session.execute(
            insert(Kontakt).values(
                key=key,
                mandant=actor.mandant,
                aktenzeichen=aktenzeichen,
                person=person,
                am=when,
                art=art,
                erreicht=erreicht,
                notiz=notiz.strip(),
                organisation=actor.organisation,
                erfasst_von=actor.login,
                erfasst_am=uow.now,
            )
        )
        zeitleiste.notieren(uow, aktenzeichen, "kontakt", f"{ARTEN[art]}{'' if erreicht else ', nicht erreicht'}", link=key)
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["kontakte"], "Kontakt notieren")
        uow.audit("kontakt.notieren", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"kontakt": key, "art": art, "erreicht": erreicht})
        # A talk with another organisation is no contact with the person.
        if erreicht and art != "stelle" and fall.kontakt_abgebrochen_am is not None:
            faelle.change(uow, aktenzeichen, kontakt_abgebrochen_am=None)
            zeitleiste.notieren(uow, aktenzeichen, "kontakt", "Kontakt wieder aufgenommen")
            uow.app.publish(uow, "kontakt_wieder_aufgenommen", aktenzeichen, {})
        return key

    return transact(app, actor, work)


# What becomes a process variable is one of these codes; everything about the person stands in a contact note of the Fallakte.
ABBRUCHGRUENDE = {
    "nicht_erreichbar": "Unter den bekannten Wegen nicht erreichbar",
    "termine_versaeumt": "Mehrfach nicht zum Termin gekommen",
    "verzogen": "Verzogen, neuer Ort unbekannt",
    "keine_begleitung": "Möchte zurzeit keine Begleitung",
    "anderer_grund": "Anderer Grund (steht in einer Kontaktnotiz)",
}


def abbrechen(app: App, actor: Actor, *, aktenzeichen: str, grund: str) -> None:
    """The contact with the person has broken off; the processes of the case are told.

    Raises:
        NotFound, NotPermitted, InvalidInput: no reason of :data:`ABBRUCHGRUENDE`.
        Conflict: the case is closed, or the contact is broken off already.
    """

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        fall = verantwortung.lock_open(uow, aktenzeichen)
        if grund not in ABBRUCHGRUENDE:
            raise InvalidInput(errors={"grund": "Bitte wählen Sie einen Grund."})
        if fall.kontakt_abgebrochen_am is not None:
            raise Conflict("Der Kontakt ist schon als abgebrochen vermerkt.", war="abgebrochen", soll="abgebrochen")
        faelle.change(uow, aktenzeichen, kontakt_abgebrochen_am=uow.now)
        zeitleiste.notieren(uow, aktenzeichen, "kontakt", f"Kontakt abgebrochen: {ABBRUCHGRUENDE[grund]}")
        uow.audit("kontakt.abbrechen", aktenzeichen, chain=f"fall:{aktenzeichen}")
        uow.app.publish(uow, "kontakt_abgebrochen", aktenzeichen, {"grund": grund})

    transact(app, actor, work)


def auflisten(app: App, actor: Actor, *, aktenzeichen: str, grenze: int = 200) -> tuple[KontaktInfo, ...]:
    """The notes of the own organisation, the newest contact first; the access is written down.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[KontaktInfo, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        rows = uow.session.execute(
            select(Kontakt, Benutzer.name)
            .outerjoin(Benutzer, and_(Benutzer.mandant == Kontakt.mandant, Benutzer.login == Kontakt.erfasst_von))
            .where(Kontakt.mandant == actor.mandant, Kontakt.aktenzeichen == aktenzeichen, Kontakt.organisation == actor.organisation)
            .order_by(Kontakt.am.desc(), Kontakt.key.desc())
            .limit(grenze)
        ).all()
        if rows:
            zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, ["kontakte"], "Kontakte")
        return tuple(
            KontaktInfo(
                key=k.key,
                am=k.am,
                art=k.art,
                art_titel=ARTEN.get(k.art, k.art),
                erreicht=k.erreicht,
                person=k.person,
                notiz=k.notiz,
                erfasst_von=name or k.erfasst_von,
            )
            for k, name in rows
        )

    return transact(app, actor, work)
