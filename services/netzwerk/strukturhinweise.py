"""Strukturhinweise: a gap or a success seen in a case, on its way to the committees and back to whoever raised it.

The row keeps which case it came from, so that the answer finds the way back. What is handed to the committees
(:func:`sammeln`) names neither the case nor the person nor the organisation that raised it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, insert, select, update

from engine.errors import BpmnError
from services.db.models.fall import Person
from services.db.models.netzwerk import Strukturhinweis
from services.errors import InvalidInput
from services.fall import fakten, zeitleiste
from services.fall.sortierung import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.fall.auftraege import Auftrag
    from services.unit_of_work import UnitOfWork

# 001:L365-377 (Herausforderungen und Gelingensbedingungen), 000:L1921, L1357 (Lücke, Überangebot, Schnittstelle, Ablauf)
ARTEN = {
    "angebotsluecke": "Angebotslücke",
    "ueberangebot": "Überangebot",
    "schnittstelle": "Schwierigkeit an einer Schnittstelle",
    "ablauf": "Schwierigkeit im Ablauf",
    "zugang": "Hürde beim Zugang",
    "datenfluss": "Fehlende oder späte Information",
    "gelingensbedingung": "Das hat geholfen (Gelingensbedingung)",
    "offen": "nicht eingeordnet",
}
BEREICHE = {
    "sprache": "Sprache",
    "bildung": "Bildung und Schule",
    "ausbildung_arbeit": "Ausbildung und Arbeit",
    "wohnen": "Wohnen",
    "gesundheit": "Gesundheit",
    "familie": "Familie und Kinder",
    "finanzen": "Finanzen",
    "aufenthalt": "Aufenthalt",
    "soziales": "Soziale Teilhabe",
    "kultur_politik": "Kulturelle und politische Teilhabe",
    "zusammenarbeit": "Zusammenarbeit der Stellen",
    "offen": "nicht eingeordnet",
}
EBENEN = {
    "stelle": "eine Stelle",
    "kommune": "Stadt oder Gemeinde",
    "dezernate": "mehrere Dezernate oder Organisationen",
    "kreis": "Kreis",
    "land": "Land oder Bund",
    "offen": "offen",
}
PRIORITAETEN = {"hoch": "hoch", "mittel": "mittel", "niedrig": "niedrig"}
HAEUFIGKEITEN = {"einmal": "zum ersten Mal", "mehrmals": "schon mehrmals", "haeufig": "häufig"}
ENTSCHEIDUNGEN = {
    "im_verfahren": "Der Hinweis wird bearbeitet",
    "nicht_aufgenommen": "Der Hinweis wurde nicht aufgenommen",
    "zustimmung": "Der Vorschlag wurde angenommen",
    "zustimmung_mit_ergaenzung": "Der Vorschlag wurde mit einer Ergänzung angenommen",
    "zurueckgestellt": "Das Thema wurde zurückgestellt",
    "delegiert": "Das Thema wurde an eine andere Gruppe gegeben",
    "weitergeleitet": "Das Anliegen wurde weitergeleitet",
    "abgelehnt": "Der Vorschlag wurde abgelehnt",
    "umgesetzt": "Die Änderung ist umgesetzt",
    "nicht_umgesetzt": "Die Änderung kam nicht zustande",
}
NACHRICHT = "strukturhinweis_beantwortet"
TEXT_MAX = 1000
RUNDE_MAX = 100  # hints that one workshop is handed; the others come with the next round

_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w")
_TELEFON = re.compile(r"(?<!\w)(?:\+|0)\d(?:[ /()-]{0,3}\d){5,}")
_GEBURTSTAG = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?(?:19|20)\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b")
_NAME_MIN = 3  # shorter names are ordinary syllables; a person who checks the hint finds them


@dataclass(frozen=True, kw_only=True)
class Hinweis:
    """What somebody reports: keys of the lists above and a short text without anybody's data."""

    text: str
    art: str = "offen"
    bereich: str = "offen"
    ebene: str = "offen"
    prioritaet: str = "mittel"
    haeufigkeit: str = "einmal"

    def __post_init__(self) -> None:
        """Raises InvalidInput for a value that is not on its list, and for a text that is empty or too long."""
        lists = {"art": ARTEN, "bereich": BEREICHE, "ebene": EBENEN, "prioritaet": PRIORITAETEN, "haeufigkeit": HAEUFIGKEITEN}
        for name, allowed in lists.items():
            if getattr(self, name) not in allowed:
                raise InvalidInput(f"Für „{name}“ gibt es den Wert „{getattr(self, name)}“ nicht.")
        if not 0 < len(self.text.strip()) <= TEXT_MAX:
            raise InvalidInput(f"Ein Strukturhinweis braucht einen Text mit höchstens {TEXT_MAX} Zeichen.")


def personenbezug(uow: UnitOfWork, aktenzeichen: str | None, text: str) -> str | None:
    """What in the text points at somebody, in words for the person who wrote it; None if nothing was found.

    Looks for names and birthdays of the people of the case, its Aktenzeichen, mail addresses, telephone numbers and dates.
    It finds slips; it cannot prove that a text is anonymous, so Koordination reads every hint as well.
    """
    if _MAIL.search(text):
        return "eine Mailadresse"
    if _GEBURTSTAG.search(text):
        return "ein Datum"
    if _TELEFON.search(text):
        return "eine Telefonnummer"
    if aktenzeichen is None:
        return None
    if fold(aktenzeichen) in fold(text):
        return "das Aktenzeichen"
    words = fold(text).split()
    words += [word.removesuffix("s") for word in words]  # the genitive
    people = select(Person.vorname, Person.nachname).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen)
    for names in uow.session.execute(people):
        for name in names:
            if any(len(part) >= _NAME_MIN and part in words for part in fold(name).split()):
                return "einen Namen"
    return None


def aufnehmen(uow: UnitOfWork, aktenzeichen: str | None, hinweis: Hinweis) -> int:
    """Write a hint down within the caller's unit of work; returns its key. Raised by the actor, for the actor's organisation.

    What no person set off (a timer) is raised for whoever holds the case.
    """
    facts = fakten.facts(uow.session, aktenzeichen, today=uow.app.clock.today()) if aktenzeichen else {}
    nobody = uow.actor.has_role("system")
    key = uow.key()
    uow.session.execute(
        insert(Strukturhinweis).values(
            key=key,
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            gemeldet_am=uow.now,
            gemeldet_von=facts.get("verantwortlich") if nobody else uow.actor.login,
            organisation=facts.get("verantwortliche_organisation") if nobody else uow.actor.organisation,
            status="gemeldet",
            art=hinweis.art,
            bereich=hinweis.bereich,
            ebene=hinweis.ebene,
            prioritaet=hinweis.prioritaet,
            haeufigkeit=hinweis.haeufigkeit,
            text=hinweis.text.strip(),
        )
    )
    return key


def melden(ctx: Auftrag) -> dict[str, Any]:
    """Job: a hint of a case (or of none). BPMN error ``personenbezug`` if the text points at somebody."""
    hinweis = Hinweis(
        **{name: str(ctx.variables[name]) for name in ("text", "art", "bereich", "ebene", "prioritaet", "haeufigkeit") if ctx.variables.get(name)}
    )
    found = personenbezug(ctx.uow, ctx.business_id, hinweis.text)
    if found is not None:
        raise BpmnError("personenbezug", f"Der Text enthält {found}.")
    key = aufnehmen(ctx.uow, ctx.business_id, hinweis)
    if ctx.business_id is not None:
        words = f"Strukturhinweis gemeldet: {ARTEN[hinweis.art]}, Bereich {BEREICHE[hinweis.bereich]}"
        zeitleiste.notieren(ctx.uow, ctx.business_id, "strukturhinweis", words, link=key)
    row = ctx.uow.session.execute(select(Strukturhinweis.gemeldet_von, Strukturhinweis.organisation).where(Strukturhinweis.key == key)).one()
    return {"hinweis_id": str(key), "gemeldet_von": row.gemeldet_von, "meldende_stelle": row.organisation}


def sammeln(ctx: Auftrag) -> dict[str, Any]:
    """Job: the hints that wait, by field and priority, without case, person and organisation; at most one workshop full, the oldest first."""
    order = case({"hoch": 0, "mittel": 1}, value=Strukturhinweis.prioritaet, else_=2)
    waiting = select(Strukturhinweis).where(Strukturhinweis.mandant == ctx.uow.actor.mandant, Strukturhinweis.status == "gemeldet")
    oldest = waiting.order_by(Strukturhinweis.key).limit(RUNDE_MAX).subquery()
    rows = ctx.uow.session.execute(
        select(Strukturhinweis).where(Strukturhinweis.key.in_(select(oldest.c.key))).order_by(Strukturhinweis.bereich, order, Strukturhinweis.key)
    ).scalars()
    hints = [
        {
            "id": str(row.key),
            "art": ARTEN[row.art],
            "bereich": BEREICHE[row.bereich],
            "ebene": EBENEN[row.ebene],
            "prioritaet": row.prioritaet,
            "haeufigkeit": HAEUFIGKEITEN[row.haeufigkeit],
            "text": row.text,
        }
        for row in rows
    ]
    return {"hinweise": hints, "anzahl_hinweise": len(hints)}


def rueckmelden(ctx: Auftrag) -> dict[str, Any]:
    """Job: tell everybody who raised one of ``hinweise`` what became of it.

    A line in the time line of the case, a mail without Aktenzeichen to the person, and the message ``strukturhinweis_beantwortet``
    to a process that waits. ``endgueltig`` ends the hint; otherwise it is in work and no longer collected.
    """
    keys = _ids(ctx.variables.get("hinweise"))
    decision, answer = str(ctx.variables.get("entscheidung") or ""), str(ctx.variables.get("antwort") or "").strip()
    if decision not in ENTSCHEIDUNGEN:
        raise InvalidInput(f"Die Entscheidung „{decision}“ gibt es nicht.")
    if len(answer) > TEXT_MAX:
        raise InvalidInput(f"Die Antwort darf höchstens {TEXT_MAX} Zeichen haben.")
    final = ctx.variables.get("endgueltig") is True
    uow = ctx.uow
    rows = uow.session.execute(
        update(Strukturhinweis)
        .where(Strukturhinweis.mandant == uow.actor.mandant, Strukturhinweis.key.in_(keys), Strukturhinweis.status != "beantwortet")
        .values(
            status="beantwortet" if final else "in_bearbeitung", entscheidung=decision, antwort=answer, beantwortet_am=uow.now if final else None
        )
        .returning(
            Strukturhinweis.key,
            Strukturhinweis.aktenzeichen,
            Strukturhinweis.organisation,
            Strukturhinweis.gemeldet_von,
            Strukturhinweis.gemeldet_am,
        )
    ).all()
    for row in sorted(rows):
        words = ENTSCHEIDUNGEN[decision]
        if row.aktenzeichen is not None:
            sentence = f"Rückmeldung zum Strukturhinweis: {words}." + (f" {answer}" if answer else "")
            zeitleiste.notieren(uow, row.aktenzeichen, "strukturhinweis", sentence, beteiligt=row.organisation, link=row.key)
        if row.gemeldet_von is not None:
            _mail(ctx, row.key, row.gemeldet_von, {"anlass": words, "datum": row.gemeldet_am.date().isoformat()})
        uow.app.publish(uow, NACHRICHT, str(row.key), {"entscheidung": decision, "antwort": answer, "endgueltig": final})
    return {"rueckgemeldet": len(rows)}


def _ids(value: object) -> list[int]:
    if not isinstance(value, (list, tuple)) or not all(str(v).isdigit() for v in value):
        raise InvalidInput("Der Auftrag braucht die Variable „hinweise“ mit einer Liste von Kennungen.")
    return [int(v) for v in value]


def _mail(ctx: Auftrag, key: int, an: str, daten: Mapping[str, object]) -> None:
    ctx.uow.app.defer_mail(
        ctx.uow.session,
        mandant=ctx.uow.actor.mandant,
        key=f"strukturhinweis:{key}:{ctx.uow.key()}",
        an=an,
        vorlage="strukturhinweis_beantwortet",
        daten=daten,
    )


AUFTRAEGE: Mapping[str, Callable[[Auftrag], dict[str, Any]]] = {
    "strukturhinweis.melden": melden,
    "strukturhinweis.sammeln": sammeln,
    "strukturhinweis.rueckmelden": rueckmelden,
}
