"""What stands about a member of a case is corrected, and another adult becomes the main person.

Names, date of birth and Aufenthalt stand twice: as columns, which lists, search and expressions read, and in the Fallakte, which forms
read and write. Both change in one commit; the Fallakte keeps what stood there before as a version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from services import policy
from services.db.models.fall import MITGLIED, Person
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import akte, faelle, fakten, sortierung, verantwortung, zeitleiste, zugriffe
from services.fall.einwilligungen import VOLLJAEHRIG
from services.fall.rechtskreise import AUS_DER_LISTE
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.bootstrap import App
    from services.context import Actor
    from services.fall.fallkopf import PersonInfo

FELDER = {"vorname": "Vorname", "nachname": "Nachname", "geburtsdatum": "Geburtsdatum", "aufenthalt": "Aufenthalt"}
# Reasons are chosen, never typed: they stand in the time line and in the audit, where nobody is named.
GRUENDE = {
    "schreibfehler": "Schreibfehler",
    "nachweis": "Ausweis oder Urkunde liegt vor",
    "name_geaendert": "Name hat sich geändert",
    "aufenthalt_geaendert": "Aufenthalt hat sich geändert",
    "bisher_unbekannt": "war bisher nicht bekannt",
}
GRUENDE_HAUPTPERSON = {
    "wunsch": "auf Wunsch der Personen im Fall",
    "vertretung": "vertritt die Bedarfsgemeinschaft",
    "ausscheiden": "die bisherige Hauptperson scheidet aus",
    "irrtum": "war falsch eingetragen",
}
NICHTS_GEAENDERT = "Sie haben nichts geändert."
NUR_ERWACHSENE = "Die Hauptperson muss volljährig sein."

Wert = str | date | None


class Veraltet(Conflict):
    """Somebody changed these answers after they were shown."""

    message_de = "Diese Angaben hat inzwischen jemand anders geändert. Bitte vergleichen Sie sie mit dem, was jetzt eingetragen ist."


@dataclass(frozen=True, kw_only=True)
class _Fassung:
    """What stands about a person."""

    vorname: str
    nachname: str
    geburtsdatum: date | None
    aufenthalt: str | None


def stand(person: PersonInfo | Person) -> str:
    """A mark of what stands about a person now; it changes with every correction and tells nothing itself."""
    words = [str(getattr(person, feld) or "") for feld in FELDER]
    return hashlib.sha256(json.dumps([person.key, *words]).encode()).hexdigest()[:16]


def berichtigen(
    app: App, actor: Actor, *, aktenzeichen: str, person: int, angaben: Mapping[str, Wert], grund: str, gesehen: str | None = None
) -> tuple[str, ...]:
    """Correct what stands about a member; returns the names of the fields that changed.

    ``angaben``: keys of :data:`FELDER`, what is not named stays; None for a date or Aufenthalt that is not known. ``grund``: a key of
    :data:`GRUENDE`. ``gesehen``: the :func:`stand` that was shown; None: whatever stands there now.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's, or there is no such member.
        InvalidInput: see ``errors``.
        Veraltet: somebody else was faster.
        Conflict: the case is closed.
    """
    if grund not in GRUENDE:
        raise InvalidInput(errors={"grund": AUS_DER_LISTE})

    def work(uow: UnitOfWork) -> tuple[str, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        row = _member(uow, aktenzeichen, person)
        if gesehen is not None and gesehen != stand(row):
            raise Veraltet
        old = {feld: getattr(row, feld) for feld in FELDER}
        new = {**old, **{feld: wert.strip() if isinstance(wert, str) else wert for feld, wert in angaben.items() if feld in FELDER}}
        changed = tuple(feld for feld in FELDER if new[feld] != old[feld])
        if not changed:
            raise InvalidInput(NICHTS_GEAENDERT, errors={"vorname": NICHTS_GEAENDERT})
        try:
            faelle.check_person(faelle.NeuePerson(**new), app.clock.today())
        except InvalidInput as error:
            raise InvalidInput(errors={name.removeprefix("personen.1."): text for name, text in error.errors.items()}) from error
        _schreiben(uow, aktenzeichen, person, _Fassung(**old), _Fassung(**new))
        zeitleiste.notieren(
            uow, aktenzeichen, "fall", f"Angaben zu einer Person berichtigt: {', '.join(FELDER[f] for f in changed)} ({GRUENDE[grund]})"
        )
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Angaben berichtigen")
        detail = {"person": person, "felder": list(changed)}
        uow.audit("fall.person_berichtigen", aktenzeichen, chain=f"fall:{aktenzeichen}", reason=GRUENDE[grund], detail=detail)
        return changed

    return transact(app, actor, work)


def _member(uow: UnitOfWork, aktenzeichen: str, person: int) -> Person:
    """Raises NotFound: she does not belong to the case."""
    row = uow.session.execute(
        select(Person)
        .where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, Person.key == person, MITGLIED)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _schreiben(uow: UnitOfWork, aktenzeichen: str, person: int, old: _Fassung, new: _Fassung) -> None:
    """The Fallakte first, then the columns: they are the last word, also where a value is taken away."""
    for abschnitt in ("stammdaten", "aufenthalt"):
        before, after = _inhalt(abschnitt, old), _inhalt(abschnitt, new)
        if before == after:
            continue
        there = akte.inhalt(uow, aktenzeichen, person, abschnitt)
        if "name" in there and abschnitt == "stammdaten":  # a form with one field for the whole name
            after["name"] = f"{new.vorname} {new.nachname}"
        # What was written down when the case was opened stands in no version yet: it becomes one, so that it is kept.
        unwritten = {feld: wert for feld, wert in before.items() if there.get(feld) != wert}
        for fields in (unwritten, after):
            akte.write_sections(uow, uow.actor, aktenzeichen, person, {abschnitt: fields}, zweck="Angaben berichtigen")
    uow.session.execute(
        update(Person)
        .where(Person.mandant == uow.actor.mandant, Person.key == person)
        .values(
            vorname=new.vorname,
            nachname=new.nachname,
            geburtsdatum=new.geburtsdatum,
            aufenthalt=new.aufenthalt,
            sort_key=sortierung.sort_key(new.nachname, new.vorname),
        )
    )
    fakten.forget(uow.session)


def _inhalt(abschnitt: str, fassung: _Fassung) -> dict[str, str | None]:
    """The fields of the section that hold these answers."""
    if abschnitt == "aufenthalt":
        return {"status": fassung.aufenthalt}
    born = fassung.geburtsdatum.isoformat() if fassung.geburtsdatum else None
    return {"vorname": fassung.vorname, "nachname": fassung.nachname, "geburtsdatum": born}


def hauptperson_waehlen(app: App, actor: Actor, *, aktenzeichen: str, person: int, grund: str) -> None:
    """Another adult becomes the main person. Somebody whose date of birth is not known counts as an adult.

    ``grund``: a key of :data:`GRUENDE_HAUPTPERSON`.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        InvalidInput: no reason, or no adult member of the case.
        Conflict: the case is closed, or she is the main person already.
    """
    if grund not in GRUENDE_HAUPTPERSON:
        raise InvalidInput(errors={"grund": AUS_DER_LISTE})

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        before = faelle.person_keys(uow, aktenzeichen)
        if person not in before:
            raise InvalidInput(errors={"person": "Diese Person gehört nicht zu diesem Fall."})
        row = _member(uow, aktenzeichen, person)
        if row.hauptperson:
            raise Conflict("Diese Person ist schon die Hauptperson.", war="hauptperson", soll="hauptperson")
        years = fakten.age(row.geburtsdatum, app.clock.today())
        if years is not None and years < VOLLJAEHRIG:
            raise InvalidInput(NUR_ERWACHSENE, errors={"person": NUR_ERWACHSENE})
        of_case = (Person.mandant == actor.mandant, Person.aktenzeichen == aktenzeichen)
        # One after the other: a case never has two main persons, not even within the statement.
        uow.session.execute(update(Person).where(*of_case, Person.hauptperson).values(hauptperson=False))
        uow.session.execute(update(Person).where(*of_case, Person.key == person).values(hauptperson=True))
        fakten.forget(uow.session)
        zeitleiste.notieren(uow, aktenzeichen, "fall", f"Andere Hauptperson: {GRUENDE_HAUPTPERSON[grund]}")
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Hauptperson wechseln")
        uow.audit(
            "fall.hauptperson",
            aktenzeichen,
            chain=f"fall:{aktenzeichen}",
            reason=GRUENDE_HAUPTPERSON[grund],
            detail={"von": before[0], "an": person},
        )

    transact(app, actor, work)
