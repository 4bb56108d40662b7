"""The head of a case as somebody sees it: who belongs to it, who holds it, what is open. Opening and closing: ``faelle``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from services import policy
from services.db.models.fall import MITGLIED, Einwilligung, Fall, Person, Uebergabe
from services.db.models.grundlage import Organisation
from services.db.models.prozess import UserTask
from services.fall import fakten, freigaben, rechtskreise, verantwortung, zugriffe
from services.fall.phasen import phasen
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from datetime import date, datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.fall.verantwortung import Inhaber
    from services.policy import FallTarget

# What the processes give as the reason, in words; people may write their own.
ABSCHLUSSGRUENDE = {
    "ziel_erreicht": "Ziele erreicht",
    "selbststeuerung": "Person steuert ihr Netzwerk selbst",
    "auf_wunsch": "Auf Wunsch der Person",
    "keine_einigung": "Keine Einigung über Ziele",
    "uebergeben": "An eine andere Stelle übergeben",
    "kontaktabbruch": "Kontakt abgebrochen",
    "einwilligung_widerrufen": "Einwilligung widerrufen",
    "weggezogen": "Weggezogen",
    "verstorben": "Verstorben",
    "beratung": "Beratung genügte",
    "verwiesen": "An eine andere Stelle verwiesen",
    "ausgeschlossen": "Nicht vom Konzept erfasst",
    "abgelehnt": "Angebot nicht angenommen",
    "nicht_angezeigt": "Fallmanagement nicht angezeigt",
    "nicht_gewuenscht": "Fallmanagement nicht gewünscht",
}
# Why somebody leaves a case that goes on. The reason stays with the person; the time line does not tell it.
AUSSCHEIDEGRUENDE = {
    "ausgezogen": "ist ausgezogen",
    "getrennt": "hat sich getrennt",
    "verstorben": "ist verstorben",
    "eigener_fall": "hat einen eigenen Fall",
    "irrtum": "wurde irrtümlich aufgenommen",
}


@dataclass(frozen=True, kw_only=True)
class PersonInfo:
    """A member of the case, or somebody who was one; the names are None where they are not lent to the reader.

    ``rechtskreise`` are those that hold for the person (None: not lent to the reader), ``eigene_rechtskreise`` says that she has own
    ones, else they are those of everybody in the case. ``ausgeschieden_grund`` is in words, and only for those inside.
    """

    key: int
    hauptperson: bool
    vorname: str | None
    nachname: str | None
    geburtsdatum: date | None
    alter: int | None
    aufenthalt: str | None
    rechtskreise: tuple[str, ...] | None
    eigene_rechtskreise: bool
    ausgeschieden_am: date | None = None
    ausgeschieden_grund: str | None = None


@dataclass(frozen=True, kw_only=True)
class FallDetail:
    """The head of the Fallakte. ``bezeichnung``: „Familie Qaderi“ or the name of the person, else the Aktenzeichen.

    ``ehemalige`` have left the case; those to whom sight is only lent see none of them.
    ``rechtskreise`` is the union over the members, ``rechtskreise_gemeinsam`` holds for everybody without own ones.

    ``abschlussgrund`` is in words. ``naechste_frist`` is the earliest due time of an open task; ``einwilligung_endet`` the next day on which a consent in force ends.
    """

    aktenzeichen: str
    bezeichnung: str
    status: str
    phase: str
    phase_titel: str
    personen: tuple[PersonInfo, ...]
    ehemalige: tuple[PersonInfo, ...]
    inhaber: Inhaber
    federfuehrend: str | None
    federfuehrend_name: str | None
    rechtskreise: tuple[str, ...]
    rechtskreise_gemeinsam: tuple[str, ...]
    aufenthalt: str | None
    zugangsweg: str | None
    erstkontakt: date
    angelegt_am: datetime
    abgeschlossen_am: datetime | None
    abschlussgrund: str | None
    kontakt_abgebrochen_am: datetime | None
    prozess_key: int | None
    offene_aufgaben: int
    naechste_frist: datetime | None
    einwilligungen: int
    einwilligung_endet: date | None
    offene_uebergabe: int | None
    darf_schreiben: bool


def lesen(app: App, actor: Actor, *, aktenzeichen: str, zweck: str = "Fallakte") -> FallDetail:
    """The head of the Fallakte; the access is written down.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> FallDetail:
        target = policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        found = _detail(uow, actor, target)
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GELESEN, [], zweck)
        return found

    return transact(app, actor, work)


def personen(uow: UnitOfWork, actor: Actor, target: FallTarget, *, ehemalige: bool = False) -> tuple[PersonInfo, ...]:
    """The members of the case, the main person first; names and dates only where the actor may see the Stammdaten.

    ``ehemalige``: instead those who have left it.
    """
    today = uow.app.clock.today()
    inside = policy.belongs(actor, target)
    given = () if inside else freigaben.lent(uow.session, actor, target.aktenzeichen, today)
    rows = uow.session.execute(
        select(Person, Fall.rechtskreise_gemeinsam)
        .join(Fall, and_(Fall.mandant == Person.mandant, Fall.aktenzeichen == Person.aktenzeichen))
        .where(Person.mandant == actor.mandant, Person.aktenzeichen == target.aktenzeichen, ~MITGLIED if ehemalige else MITGLIED)
        .order_by(Person.hauptperson.desc(), Person.geburtsdatum, Person.key)
    )
    benefits = inside or any(f.abschnitt == "leistungen" for f in given)
    found = []
    for person, gemeinsam in rows:
        named = freigaben.may_see_name(inside, given, person.key)
        residence = inside or any(f.person == person.key and f.abschnitt == "aufenthalt" for f in given)
        found.append(
            PersonInfo(
                key=person.key,
                hauptperson=person.hauptperson,
                vorname=person.vorname if named else None,
                nachname=person.nachname if named else None,
                geburtsdatum=person.geburtsdatum if named else None,
                alter=fakten.age(person.geburtsdatum, today) if named else None,
                aufenthalt=person.aufenthalt if residence else None,
                rechtskreise=tuple(rechtskreise.wirksam(person.rechtskreise, gemeinsam)) if benefits else None,
                eigene_rechtskreise=benefits and person.rechtskreise is not None,
                ausgeschieden_am=person.ausgeschieden_am if named else None,
                ausgeschieden_grund=AUSSCHEIDEGRUENDE.get(person.ausgeschieden_grund or "") if inside else None,
            )
        )
    return tuple(found)


def bezeichnung(aktenzeichen: str, nachname: str | None, vorname: str | None, anzahl: int) -> str:
    """What people call the case."""
    if nachname is None:
        return aktenzeichen
    return f"Familie {nachname}" if anzahl > 1 else f"{vorname} {nachname}"


def grund_in_worten(uow: UnitOfWork, grund: str) -> str:
    """A reason of closing in words: what processes give, what the Kommune added to its list, else as people wrote it."""
    own = uow.app.profil_of(uow.actor.mandant).regel.get("abschlussgruende")
    added = {e["key"]: str(e["name"]) for e in own if isinstance(e, Mapping)} if isinstance(own, tuple) else {}
    return ABSCHLUSSGRUENDE.get(grund) or added.get(grund, grund)


def _detail(uow: UnitOfWork, actor: Actor, target: FallTarget) -> FallDetail:
    session, mandant, aktenzeichen = uow.session, actor.mandant, target.aktenzeichen
    fall = session.execute(select(Fall).where(Fall.mandant == mandant, Fall.aktenzeichen == aktenzeichen)).scalar_one()
    members = personen(uow, actor, target)
    tasks = session.execute(
        select(func.count(), func.min(UserTask.due)).where(
            UserTask.mandant == mandant, UserTask.business_id == aktenzeichen, UserTask.status == "CREATED"
        )
    ).one()
    consents = session.execute(
        select(func.count(), func.min(Einwilligung.gueltig_bis)).where(
            Einwilligung.mandant == mandant, Einwilligung.aktenzeichen == aktenzeichen, policy.consent_valid(uow.app.clock.today())
        )
    ).one()
    handover = session.execute(
        select(Uebergabe.key).where(
            Uebergabe.mandant == mandant,
            Uebergabe.aktenzeichen == aktenzeichen,
            Uebergabe.status.in_(policy.OFFEN),
            Uebergabe.uebernommen_am.is_(None),
        )
    ).scalar_one_or_none()
    main = next(p for p in members if p.hauptperson)
    lead = session.execute(
        select(Organisation.name).where(Organisation.mandant == mandant, Organisation.key == fall.federfuehrend)
    ).scalar_one_or_none()
    return FallDetail(
        aktenzeichen=aktenzeichen,
        bezeichnung=bezeichnung(aktenzeichen, main.nachname, main.vorname, len(members)),
        status=fall.status,
        phase=fall.phase,
        phase_titel=phasen(uow.app.profil_of(mandant)).get(fall.phase, fall.phase),
        personen=members,
        ehemalige=personen(uow, actor, target, ehemalige=True) if policy.belongs(actor, target) else (),
        inhaber=verantwortung.holders(uow, aktenzeichen)[-1],
        federfuehrend=fall.federfuehrend,
        federfuehrend_name=lead,
        rechtskreise=tuple(fall.rechtskreise),
        rechtskreise_gemeinsam=tuple(fall.rechtskreise_gemeinsam),
        aufenthalt=main.aufenthalt,
        zugangsweg=fall.zugangsweg,
        erstkontakt=fall.erstkontakt,
        angelegt_am=fall.angelegt_am,
        abgeschlossen_am=fall.abgeschlossen_am,
        abschlussgrund=grund_in_worten(uow, fall.abschlussgrund) if fall.abschlussgrund else None,
        kontakt_abgebrochen_am=fall.kontakt_abgebrochen_am,
        prozess_key=fall.prozess_key,
        offene_aufgaben=tasks[0],
        naechste_frist=tasks[1],
        einwilligungen=consents[0],
        einwilligung_endet=consents[1],
        offene_uebergabe=handover,
        darf_schreiben=bool(policy.may(actor, policy.Action.FALL_WRITE, target)) and fall.status == "offen",
    )


def person_keys(uow: UnitOfWork, aktenzeichen: str, *, auch_ehemalige: bool = False) -> list[int]:
    """Keys of the members of the case, the main person first; ``auch_ehemalige``: and of those who have left it."""
    query = select(Person.key).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen)
    if not auch_ehemalige:
        query = query.where(MITGLIED)
    return list(uow.session.execute(query.order_by(Person.hauptperson.desc(), Person.key)).scalars())
