"""Cases: open one, read one, close one. Lists and search: ``faelle_liste``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, text, update

from services import policy
from services.db.models.fall import Einwilligung, Fall, Person, Uebergabe, Verweis
from services.db.models.grundlage import Organisation
from services.db.models.prozess import ProcessInstance, UserTask
from services.errors import Conflict, InvalidInput
from services.fall import fakten, freigaben, sortierung, status, verantwortung, zeitleiste, zugriffe
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.fall.verantwortung import Inhaber
    from services.policy import FallTarget

PROZESS = "fallmanagement"
PHASEN = {
    "zugang": "Zugang",
    "klaerungsphase": "Klärungsphase",
    "assessment": "Assessment",
    "zielvereinbarung": "Zielvereinbarung",
    "hilfeplanung": "Hilfeplanung",
    "leistungssteuerung": "Leistungssteuerung",
    "monitoring": "Monitoring",
    "abschluss": "Abschluss",
}
PHASE = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_MAX = 200


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


@dataclass(frozen=True, kw_only=True)
class NeuePerson:
    """A person as she is first written down. ``aufenthalt``: one of ``fakten.AUFENTHALT`` or None."""

    vorname: str
    nachname: str
    geburtsdatum: date | None = None
    hauptperson: bool = False
    aufenthalt: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonInfo:
    """A member of the case; the names are None where they are not lent to the reader."""

    key: int
    hauptperson: bool
    vorname: str | None
    nachname: str | None
    geburtsdatum: date | None
    alter: int | None
    aufenthalt: str | None


@dataclass(frozen=True, kw_only=True)
class FallDetail:
    """The head of the Fallakte. ``bezeichnung``: „Familie Qaderi“ or the name of the person, else the Aktenzeichen.

    ``abschlussgrund`` is in words. ``naechste_frist`` is the earliest due time of an open task; ``einwilligung_endet`` the next day on which a consent in force ends.
    """

    aktenzeichen: str
    bezeichnung: str
    status: str
    phase: str
    phase_titel: str
    personen: tuple[PersonInfo, ...]
    inhaber: Inhaber
    federfuehrend: str | None
    federfuehrend_name: str | None
    rechtskreise: tuple[str, ...]
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


def anlegen(
    app: App,
    actor: Actor,
    *,
    personen: Sequence[NeuePerson],
    zugangsweg: str | None = None,
    erstkontakt: date | None = None,
    rechtskreise: Sequence[str] = (),
    federfuehrend: str | None = None,
    login: str | None = None,
    prozess: str | None = PROZESS,
) -> str:
    """Open a case with its people and start its process; returns the Aktenzeichen.

    ``erstkontakt`` defaults to today, ``login`` (first responsible person) to nobody: the process or Koordination names one.
    ``prozess``: key of the process, None to start none.

    Raises:
        NotPermitted: the actor does no case work.
        InvalidInput: see ``errors`` (paths such as ``personen.0.nachname``).
    """
    today = app.clock.today()
    _validate(personen, rechtskreise, erstkontakt, today)

    def work(uow: UnitOfWork) -> str:
        policy.require(actor, policy.Action.FALL_CREATE, policy.MandantTarget(mandant=actor.mandant))
        if federfuehrend is not None:
            verantwortung.organisation_name(uow, federfuehrend)
        aktenzeichen = _next_aktenzeichen(uow, today.year)
        contact = erstkontakt or today
        uow.session.execute(
            insert(Fall).values(
                mandant=actor.mandant,
                aktenzeichen=aktenzeichen,
                status="offen",
                phase="zugang",
                prozess_key=None,
                zugangsweg=zugangsweg,
                erstkontakt=contact,
                rechtskreise=list(rechtskreise),
                organisation=actor.organisation,
                federfuehrend=federfuehrend,
                angelegt_am=uow.now,
                angelegt_von=actor.login,
            )
        )
        if login is not None:
            verantwortung.check_person(uow, actor.organisation, login)
        verantwortung.begin(uow, aktenzeichen, organisation=actor.organisation, login=login, grund="Fall angelegt")
        for person in personen:
            add_person(uow, aktenzeichen, person)
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Fall angelegt")
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Fall anlegen")
        uow.audit("fall.anlegen", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"personen": len(personen), "zugangsweg": zugangsweg})
        if prozess is not None:
            key = uow.app.start_process(
                uow,
                actor,
                prozess,
                {"aktenzeichen": aktenzeichen, "erstkontakt": {"datum": contact.isoformat(), "zugangsweg": zugangsweg}},
                aktenzeichen,
            )
            uow.session.execute(
                update(Fall).where(Fall.mandant == actor.mandant, Fall.aktenzeichen == aktenzeichen).values(prozess_key=key)
            )
        return aktenzeichen

    return transact(app, actor, work)


def _validate(personen: Sequence[NeuePerson], rechtskreise: Sequence[str], erstkontakt: date | None, today: date) -> None:
    errors: dict[str, str] = {}
    if sum(p.hauptperson for p in personen) != 1:
        errors["personen"] = "Bitte geben Sie genau eine Hauptperson an."
    for number, person in enumerate(personen):
        for field in ("vorname", "nachname"):
            value = getattr(person, field)
            if not sortierung.fold(value):
                errors[f"personen.{number}.{field}"] = "Bitte geben Sie den Namen an."
            elif len(value) > NAME_MAX:
                errors[f"personen.{number}.{field}"] = f"Bitte höchstens {NAME_MAX} Zeichen."
        if person.geburtsdatum is not None and person.geburtsdatum > today:
            errors[f"personen.{number}.geburtsdatum"] = "Das Geburtsdatum liegt in der Zukunft."
        if person.aufenthalt is not None and person.aufenthalt not in fakten.AUFENTHALT:
            errors[f"personen.{number}.aufenthalt"] = "Bitte wählen Sie aus der Liste."
    if set(rechtskreise) - set(fakten.RECHTSKREISE):
        errors["rechtskreise"] = "Bitte wählen Sie aus der Liste."
    if erstkontakt is not None and erstkontakt > today:
        errors["erstkontakt"] = "Der Erstkontakt liegt in der Zukunft."
    if errors:
        raise InvalidInput(errors=errors)


def _next_aktenzeichen(uow: UnitOfWork, year: int) -> str:
    """The next number of the year without a gap: the counter's row is locked until the commit."""
    number = uow.session.execute(
        text(
            "insert into fall_zaehler (mandant, jahr, letzte) values (:m, :j, 1) "
            "on conflict (mandant, jahr) do update set letzte = fall_zaehler.letzte + 1 returning letzte"
        ),
        {"m": uow.actor.mandant, "j": year},
    ).scalar_one()
    return f"{uow.app.profil_of(uow.actor.mandant).aktenzeichen_praefix}-{year}-{number:04}"


def add_person(uow: UnitOfWork, aktenzeichen: str, person: NeuePerson) -> int:
    """Write a member of the case within the caller's unit of work; returns her key."""
    key = uow.key()
    uow.session.execute(
        insert(Person).values(
            key=key,
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            vorname=person.vorname.strip(),
            nachname=person.nachname.strip(),
            geburtsdatum=person.geburtsdatum,
            hauptperson=person.hauptperson,
            sort_key=sortierung.sort_key(person.nachname, person.vorname),
            aufenthalt=person.aufenthalt,
            angelegt_am=uow.now,
        )
    )
    fakten.forget(uow.session)
    return key


def person_hinzufuegen(app: App, actor: Actor, *, aktenzeichen: str, person: NeuePerson) -> int:
    """Add somebody who joins the Bedarfsgemeinschaft; returns the key.

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: the case is closed.
    """
    _validate((NeuePerson(vorname="x", nachname="x", hauptperson=True), person), (), None, app.clock.today())

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        key = add_person(uow, aktenzeichen, person)
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Weitere Person aufgenommen")
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Person aufnehmen")
        uow.audit("fall.person_hinzufuegen", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"person": key})
        return key

    return transact(app, actor, work)


def rechtskreise_setzen(app: App, actor: Actor, *, aktenzeichen: str, rechtskreise: Sequence[str], grund: str) -> None:
    """Write down which Rechtskreise are active (several may be).

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: the case is closed.
    """
    _validate((NeuePerson(vorname="x", nachname="x", hauptperson=True),), rechtskreise, None, app.clock.today())

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        fall = verantwortung.lock_open(uow, aktenzeichen)
        chosen = [r for r in fakten.RECHTSKREISE if r in set(rechtskreise)]
        uow.audit(
            "fall.rechtskreise", aktenzeichen, chain=f"fall:{aktenzeichen}", reason=grund, detail={"von": fall.rechtskreise, "an": chosen}
        )
        change(uow, aktenzeichen, rechtskreise=chosen)
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Rechtskreise geändert")

    transact(app, actor, work)


def change(uow: UnitOfWork, aktenzeichen: str, **values: object) -> None:
    """Set columns of the case within the caller's unit of work; expressions see them at once."""
    uow.session.execute(update(Fall).where(Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == aktenzeichen).values(**values))
    fakten.forget(uow.session)


def set_phase(uow: UnitOfWork, aktenzeichen: str, phase: str) -> None:
    """The case enters a phase (built-in job).

    Raises:
        InvalidInput: not a key of a phase.
        Conflict: the case is closed.
    """
    if not PHASE.fullmatch(phase):
        raise InvalidInput(f"„{phase[:40]}“ ist kein Schlüssel einer Phase.")
    fall = verantwortung.lock_open(uow, aktenzeichen)
    if fall.phase == phase:
        return
    uow.audit("fall.phase", aktenzeichen, chain=f"fall:{aktenzeichen}", detail={"von": fall.phase, "an": phase})
    change(uow, aktenzeichen, phase=phase)
    zeitleiste.notieren(uow, aktenzeichen, "phase", f"Phase {PHASEN.get(phase, phase)} begonnen")


def schliessen(app: App, actor: Actor, *, aktenzeichen: str, grund: str) -> None:
    """Close a case by hand, where no process does it.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        Conflict: it is closed, or its process is running and closes it in the phase Abschluss.
    """

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        if not grund.strip():
            raise InvalidInput("Bitte nennen Sie einen Grund.", errors={"grund": "Bitte nennen Sie einen Grund."})
        fall = verantwortung.lock(uow, aktenzeichen)
        running = uow.session.execute(select(ProcessInstance.status).where(ProcessInstance.key == fall.prozess_key)).scalar_one_or_none()
        if running in {"ACTIVE", "SUSPENDED"}:
            raise Conflict(
                "Das Fallmanagement läuft noch. Wechseln Sie in die Phase Abschluss, sie schließt den Fall.", war="laufend", soll="beendet"
            )
        close(uow, aktenzeichen, grund.strip())

    transact(app, actor, work)


def close(uow: UnitOfWork, aktenzeichen: str, grund: str) -> None:
    """Close within the caller's unit of work: no handover and no Verweis stays open, so nobody outside sees anything any more.

    Processes of the case that come back again and again end with the message ``fall_geschlossen``.

    Raises:
        Conflict: the case is closed already.
    """
    fall = verantwortung.lock(uow, aktenzeichen)
    status.move(status.FALL, fall.status, "abgeschlossen")
    change(uow, aktenzeichen, status="abgeschlossen", abgeschlossen_am=uow.now, abschlussgrund=grund)
    of_case = {"mandant": uow.actor.mandant, "aktenzeichen": aktenzeichen}
    uow.session.execute(
        update(Uebergabe)
        .filter_by(**of_case)
        .where(Uebergabe.status.in_(("entworfen", "angeboten")))
        .values(status="widerrufen", beendet_am=uow.now)
    )
    uow.session.execute(
        update(Uebergabe)
        .filter_by(**of_case)
        .where(Uebergabe.status == "angenommen", Uebergabe.uebernommen_am.is_(None))
        .values(status="widerrufen", beendet_am=uow.now)
    )
    uow.session.execute(
        update(Verweis)
        .filter_by(**of_case)
        .where(Verweis.status.in_(("angeboten", "angenommen")))
        .values(status="widerrufen", beendet_am=uow.now)
    )
    zeitleiste.notieren(uow, aktenzeichen, "fall", "Fall abgeschlossen")
    uow.audit("fall.schliessen", aktenzeichen, chain=f"fall:{aktenzeichen}", reason=grund)
    uow.app.publish(uow, "fall_geschlossen", aktenzeichen, {"grund": grund})


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


def personen(uow: UnitOfWork, actor: Actor, target: FallTarget) -> tuple[PersonInfo, ...]:
    """The members of the case, the main person first; names and dates only where the actor may see the Stammdaten."""
    today = uow.app.clock.today()
    inside = policy.belongs(actor, target)
    given = () if inside else freigaben.lent(uow.session, actor, target.aktenzeichen, today)
    rows = uow.session.execute(
        select(Person)
        .where(Person.mandant == actor.mandant, Person.aktenzeichen == target.aktenzeichen)
        .order_by(Person.hauptperson.desc(), Person.geburtsdatum, Person.key)
    ).scalars()
    found = []
    for person in rows:
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
            )
        )
    return tuple(found)


def bezeichnung(aktenzeichen: str, nachname: str | None, vorname: str | None, anzahl: int) -> str:
    """What people call the case."""
    if nachname is None:
        return aktenzeichen
    return f"Familie {nachname}" if anzahl > 1 else f"{vorname} {nachname}"


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
        phase_titel=PHASEN.get(fall.phase, fall.phase),
        personen=members,
        inhaber=verantwortung.holders(uow, aktenzeichen)[-1],
        federfuehrend=fall.federfuehrend,
        federfuehrend_name=lead,
        rechtskreise=tuple(fall.rechtskreise),
        aufenthalt=main.aufenthalt,
        zugangsweg=fall.zugangsweg,
        erstkontakt=fall.erstkontakt,
        angelegt_am=fall.angelegt_am,
        abgeschlossen_am=fall.abgeschlossen_am,
        abschlussgrund=ABSCHLUSSGRUENDE.get(fall.abschlussgrund, fall.abschlussgrund) if fall.abschlussgrund else None,
        kontakt_abgebrochen_am=fall.kontakt_abgebrochen_am,
        prozess_key=fall.prozess_key,
        offene_aufgaben=tasks[0],
        naechste_frist=tasks[1],
        einwilligungen=consents[0],
        einwilligung_endet=consents[1],
        offene_uebergabe=handover,
        darf_schreiben=bool(policy.may(actor, policy.Action.FALL_WRITE, target)) and fall.status == "offen",
    )


def person_keys(uow: UnitOfWork, aktenzeichen: str) -> list[int]:
    """Keys of the members of the case, the main person first."""
    return list(
        uow.session.execute(
            select(Person.key)
            .where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen)
            .order_by(Person.hauptperson.desc(), Person.key)
        ).scalars()
    )
