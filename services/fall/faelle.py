"""Cases: open one, change one, close one. Reading is in ``fallkopf`` (its names are found here too), lists in ``faelle_liste``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, insert, select, text, update

from services import policy
from services.db.models.fall import Fall, Person, Uebergabe, Verweis
from services.db.models.prozess import ProcessInstance
from services.errors import Conflict, InvalidInput
from services.fall import fakten, sortierung, status, verantwortung, zeitleiste, zugriffe
from services.fall import rechtskreise as kreise
from services.fall.fallkopf import ABSCHLUSSGRUENDE, FallDetail, PersonInfo, bezeichnung, lesen, person_keys, personen
from services.fall.phasen import begonnen, phasen
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.bootstrap import App
    from services.context import Actor

__all__ = [
    "ABSCHLUSSGRUENDE",
    "ANLAESSE",
    "NAME_MAX",
    "PROZESS",
    "FallDetail",
    "NeuePerson",
    "PersonInfo",
    "StehtSchonImFall",
    "add_person",
    "anlegen",
    "bezeichnung",
    "change",
    "check_person",
    "close",
    "lesen",
    "person_hinzufuegen",
    "person_keys",
    "personen",
    "rechtskreise_setzen",
    "schliessen",
    "set_phase",
]

PROZESS = "fallmanagement"
PHASE = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_MAX = 200
# Why somebody joins a case. The words stand in the time line, which others read too: they name nobody.
ANLAESSE = {
    "geburt": "Geburt",
    "familiennachzug": "Familiennachzug",
    "heirat": "Heirat oder Lebenspartnerschaft",
    "zuzug": "Zuzug in den Haushalt",
    "nachtrag": "war bisher nicht erfasst",
}


class StehtSchonImFall(Conflict):
    """Somebody of this name and date of birth is in the case."""

    message_de = "Eine Person mit diesem Namen und diesem Geburtsdatum steht schon in diesem Fall."


@dataclass(frozen=True, kw_only=True)
class NeuePerson:
    """A person as she is first written down.

    ``aufenthalt``: one of ``fakten.AUFENTHALT`` or None. ``rechtskreise``: her own ones; None: as the case.
    """

    vorname: str
    nachname: str
    geburtsdatum: date | None = None
    hauptperson: bool = False
    aufenthalt: str | None = None
    rechtskreise: Sequence[str] | None = None


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

    ``rechtskreise`` hold for everybody without own ones. ``erstkontakt`` defaults to today, ``login`` (first responsible person) to nobody: the process or Koordination names one.
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
                rechtskreise_gemeinsam=kreise.geordnet(rechtskreise),
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
        kreise.pruefen(f"personen.{number}.rechtskreise", person.rechtskreise, errors)
    kreise.pruefen("rechtskreise", rechtskreise, errors)
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
            rechtskreise=None if person.rechtskreise is None else kreise.geordnet(person.rechtskreise),
            angelegt_am=uow.now,
        )
    )
    kreise.ableiten(uow, aktenzeichen)
    return key


def person_hinzufuegen(
    app: App, actor: Actor, *, aktenzeichen: str, person: NeuePerson, anlass: str | None = None, nur_neue: bool = False
) -> int:
    """Add somebody who joins the Bedarfsgemeinschaft; returns the key.

    ``anlass``: a key of :data:`ANLAESSE`, told in the time line. ``nur_neue``: refuse somebody of whom name and date of birth stand in
    the case already, so that two people who write her down at the same time do it once.

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: the case is closed.
        StehtSchonImFall: see ``nur_neue``.
    """
    check_person(person, app.clock.today())
    if anlass is not None and anlass not in ANLAESSE:
        raise InvalidInput(errors={"anlass": kreise.AUS_DER_LISTE})

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        if nur_neue and _known(uow, aktenzeichen, person):
            raise StehtSchonImFall
        key = add_person(uow, aktenzeichen, person)
        zeitleiste.notieren(uow, aktenzeichen, "fall", f"Weitere Person aufgenommen{f': {ANLAESSE[anlass]}' if anlass else ''}")
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Person aufnehmen")
        own = None if person.rechtskreise is None else kreise.geordnet(person.rechtskreise)
        detail = {"person": key, "rechtskreise": own, "anlass": anlass}
        uow.audit("fall.person_hinzufuegen", aktenzeichen, chain=f"fall:{aktenzeichen}", detail=detail)
        return key

    return transact(app, actor, work)


def check_person(person: NeuePerson, today: date) -> None:
    """Raises InvalidInput with a sentence per field (``personen.1.vorname``) of somebody who is not the first of the case."""
    _validate((NeuePerson(vorname="x", nachname="x", hauptperson=True), person), (), None, today)


def _known(uow: UnitOfWork, aktenzeichen: str, person: NeuePerson) -> bool:
    """Whether somebody of this name and date of birth (or without one, as here) belongs or belonged to the case."""
    return uow.session.execute(
        select(
            exists().where(
                Person.mandant == uow.actor.mandant,
                Person.aktenzeichen == aktenzeichen,
                Person.sort_key == sortierung.sort_key(person.nachname, person.vorname),
                Person.geburtsdatum.is_not_distinct_from(person.geburtsdatum),
            )
        )
    ).scalar_one()


def rechtskreise_setzen(app: App, actor: Actor, *, aktenzeichen: str, rechtskreise: Sequence[str], grund: str) -> None:
    """Write down which Rechtskreise hold for everybody in the case without own ones (several may).

    Raises:
        NotFound, NotPermitted, InvalidInput, Conflict: the case is closed.
    """
    kreise.setzen(app, actor, aktenzeichen=aktenzeichen, gemeinsam=rechtskreise, grund=grund)


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
    zeitleiste.notieren(uow, aktenzeichen, "phase", begonnen(phasen(uow.app.profil_of(uow.actor.mandant)).get(phase, phase)))


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
