"""The built-in job types of the case side (contract: docs/architektur.md). They run inside the command's transaction.

A foreseen case is a ``BpmnError`` that the model may catch. Every other refusal becomes an incident on the element, and
nothing of the job is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from engine.errors import BpmnError
from services.errors import InvalidInput
from services.fall import (
    abschnitte,
    einwilligungen,
    faelle,
    fakten,
    partner,
    rechtskreise,
    uebergaben,
    verantwortung,
    verweise,
    zeitleiste,
)
from services.netzwerk import strukturhinweise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.context import Actor
    from services.unit_of_work import UnitOfWork

ANLAESSE = {
    "eilige_mitteilung": "Eine eilige Mitteilung liegt vor",
    "fallkonferenz": "Eine Fallkonferenz ist geplant",
    "vorgezogene_sachbearbeitung": "Ein Antrag wird vorab bearbeitet",
    "fallabschluss": "Der Fall wird abgeschlossen",
    "uebergabe_zurueckgezogen": "Die angebotene Übergabe ist zurückgezogen",
    "fallverantwortung_geaendert": "Die Fallverantwortung hat gewechselt",
    "fallverantwortung_zugeteilt": "Die Fallverantwortung ist zugeteilt",
    "einwilligung_widerrufen": "Eine Einwilligung wurde widerrufen",
    "einwilligung_laeuft_ab": "Eine Einwilligung läuft ab",
    "widerruf_bestaetigt": "Der Widerruf ist bestätigt",
    "kontaktabbruch": "Der Kontakt ist abgebrochen",
    "kontakt_wieder_aufgenommen": "Der Kontakt ist wieder aufgenommen",
    "rueckmeldung": "Eine Rückmeldung liegt vor",
    "verweis": "Ein Verweis an Ihre Stelle liegt vor",
    "kurs_angemeldet": "Integrationskurs: angemeldet",
    "kurs_alternative": "Integrationskurs: anderes Sprachangebot vermittelt",
    "kurs_aufgenommen": "Integrationskurs: aufgenommen",
    "kurs_regelmaessig": "Integrationskurs: regelmäßige Teilnahme",
    "kurs_unregelmaessig": "Integrationskurs: unregelmäßige Teilnahme",
    "kurs_abgebrochen": "Integrationskurs: abgebrochen",
    "kurs_ergebnis": "Integrationskurs: Ergebnis liegt vor",
}
BERLIN = ZoneInfo("Europe/Berlin")
TEXT_MAX = 500


class Auftrag(Protocol):
    """What a handler is given: where it runs and the variables that the service task sees."""

    @property
    def uow(self) -> UnitOfWork: ...
    @property
    def actor(self) -> Actor: ...
    @property
    def business_id(self) -> str | None: ...
    @property
    def instance_key(self) -> int: ...
    @property
    def element_id(self) -> str: ...
    @property
    def variables(self) -> Mapping[str, Any]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


def _fall(ctx: Auftrag) -> str:
    if ctx.business_id is None:
        raise InvalidInput("Dieser Prozess gehört zu keinem Fall.")
    return ctx.business_id


def _text(ctx: Auftrag, name: str, default: str | None = None) -> str:
    value = ctx.variables.get(name, default)
    if value is None:
        value = default
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"Der Auftrag braucht die Variable „{name}“ mit einem Text.")
    return value.strip()[:TEXT_MAX]


def _list(ctx: Auftrag, name: str) -> list[str]:
    value = ctx.variables.get(name)
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise InvalidInput(f"Der Auftrag braucht die Variable „{name}“ mit einer Liste von Schlüsseln.")
    return list(value)


def _keys(ctx: Auftrag, name: str) -> list[str]:
    """A key, or a list of keys that is not empty."""
    return _list(ctx, name) if isinstance(ctx.variables.get(name), (list, tuple)) and ctx.variables[name] else [_text(ctx, name)]


def _uebergabe(ctx: Auftrag) -> Any:  # noqa: ANN401  the row type stays inside this module's callees
    value = str(ctx.variables.get("uebergabe_id") or "")
    if not value.isdigit():
        raise InvalidInput("Der Auftrag braucht die Variable „uebergabe_id“.")
    return uebergaben.load(ctx.uow, int(value))


def _moment(value: object) -> datetime | None:
    """A deadline from a variable: date and time as given, a date until its end in Europe/Berlin."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=BERLIN)
    if isinstance(value, str) and "T" in value:
        return _moment(datetime.fromisoformat(value))
    day = fakten.parse_date(value)
    return datetime.combine(day, time(23, 59, 59), BERLIN).astimezone(UTC) if day else None


def phase_setzen(ctx: Auftrag) -> dict[str, Any]:
    """The case enters ``phase``."""
    faelle.set_phase(ctx.uow, _fall(ctx), _text(ctx, "phase"))
    return {}


def verantwortung_uebertragen(ctx: Auftrag) -> dict[str, Any]:
    """Move the Fallverantwortung to ``organisation`` and, if given, ``person``."""
    login = ctx.variables.get("person")
    person = login if isinstance(login, str) and login else None
    verantwortung.transfer(
        ctx.uow, _fall(ctx), organisation=_text(ctx, "organisation"), login=person, grund=_text(ctx, "grund", "Zuweisung im Prozess")
    )
    return {"verantwortlich": person}


def schliessen(ctx: Auftrag) -> dict[str, Any]:
    """Close the case; ``grund`` is the reason."""
    faelle.close(ctx.uow, _fall(ctx), _text(ctx, "grund", "abgeschlossen"))
    return {}


def notiz(ctx: Auftrag) -> dict[str, Any]:
    """An entry of the time line; ``art`` is one of ``zeitleiste.ARTEN``, else a note.

    One of the kind ``strukturhinweis`` is collected with the hints of the other cases as well.
    """
    art, text = str(ctx.variables.get("art") or "notiz"), _text(ctx, "text")
    zeitleiste.notieren(ctx.uow, _fall(ctx), art if art in zeitleiste.ARTEN else "notiz", text)
    if art == "strukturhinweis":
        strukturhinweise.aufnehmen(ctx.uow, _fall(ctx), strukturhinweise.Hinweis(text=text))
    return {}


def rechtskreis_wechseln(ctx: Auftrag) -> dict[str, Any]:
    """Exactly the members of ``personen`` have ``rechtskreise`` from now on; ``grund`` stands in the audit."""
    people = _list(ctx, "personen")
    if not all(key.isdigit() for key in people):
        raise InvalidInput("Die Variable „personen“ nennt keine Personen des Falls.")
    rechtskreise.wechseln(ctx.uow, _fall(ctx), [int(key) for key in people], _list(ctx, "rechtskreise"), _text(ctx, "grund"))
    return {}


def kapazitaet_pruefen(ctx: Auftrag) -> dict[str, Any]:
    """Whether each of ``organisationen`` can take one more case."""
    return {"kapazitaet": partner.capacity(ctx.uow, _list(ctx, "organisationen"))}


def abwechselnd_waehlen(ctx: Auftrag) -> dict[str, Any]:
    """Whose turn it is under ``regel``."""
    return {"organisation": partner.choose_in_turn(ctx.uow, _text(ctx, "regel"), _list(ctx, "organisationen"))}


def _person(ctx: Auftrag) -> int | None:
    """The member that ``person_id`` names (a step may go on about somebody who has left the case), None: everybody in the case."""
    person = ctx.variables.get("person_id")
    if person is None:
        return None
    if not str(person).isdigit() or int(person) not in faelle.person_keys(ctx.uow, _fall(ctx), auch_ehemalige=True):
        raise InvalidInput("Die Variable „person_id“ nennt keine Person des Falls.")
    return int(person)


def einwilligung_pruefen(ctx: Auftrag) -> dict[str, Any]:
    """Whether everybody in the case, or with ``person_id`` this member alone, has consented to all ``abschnitte``."""
    person = _person(ctx)
    lacking = einwilligungen.uncovered(
        ctx.uow, _fall(ctx), _text(ctx, "empfaenger"), _text(ctx, "zweck"), _list(ctx, "abschnitte"), None if person is None else [person]
    )
    return {"einwilligung_liegt_vor": not lacking}


def einwilligung_erteilen(ctx: Auftrag) -> dict[str, Any]:
    """Write down the consent that a task asked for: codes and dates only, one entry per recipient, purpose and person.

    ``empfaenger`` and ``zweck`` are a key or a list of keys; ``besondere_abschnitte`` are agreed to apart from ``abschnitte``.
    Without ``person_id`` it is everybody in the case. An own check in the form comes first, so a refusal here is an incident.
    """
    besondere = _keys(ctx, "besondere_abschnitte") if ctx.variables.get("besondere_abschnitte") else []
    if not abschnitte.BESONDERE.issuperset(besondere) or abschnitte.BESONDERE.intersection(_list(ctx, "abschnitte")):
        raise InvalidInput("Besondere Kategorien stehen in „besondere_abschnitte“, alle anderen Abschnitte in „abschnitte“.")
    person = _person(ctx)
    akte = _fall(ctx)
    for empfaenger in dict.fromkeys(_keys(ctx, "empfaenger")):
        for zweck in dict.fromkeys(_keys(ctx, "zweck")):
            erklaerung = einwilligungen.Erklaerung(
                zweck=zweck,
                abschnitte=(*_list(ctx, "abschnitte"), *besondere),
                sprache=einwilligungen.SPRACHEN.get(_text(ctx, "sprache"), _text(ctx, "sprache")),
                form=_text(ctx, "form"),
                textfassung=_text(ctx, "textfassung"),
                gueltig_bis=fakten.parse_date(ctx.variables.get("gueltig_bis")),
            )
            einwilligungen.record(ctx.uow, akte, empfaenger, erklaerung, einwilligungen.geber(ctx.uow, akte, person))
    return {}


def uebergabe_anbieten(ctx: Auftrag) -> dict[str, Any]:
    """Offers at once; the waiting instance gets the answer as a message. An optional variable ``antwort_bis`` is shown to the receiver."""
    row = uebergaben.create(
        ctx.uow,
        _fall(ctx),
        empfaenger=_text(ctx, "empfaenger"),
        zweck=_text(ctx, "zweck", "uebergabe"),
        abschnitte=_list(ctx, "abschnitte"),
        grund=_text(ctx, "grund", "Übergabe im Prozess"),
        instance_key=ctx.instance_key,
        frist=_moment(ctx.variables.get("antwort_bis")),
    )
    key = row.key
    try:
        uebergaben.offer(ctx.uow, row)
    except uebergaben.EinwilligungFehlt as error:
        raise BpmnError("einwilligung_fehlt", error.detail) from error
    return {"uebergabe_id": str(key)}


def uebergabe_verfallen(ctx: Auftrag) -> dict[str, Any]:
    """Ends an unanswered offer. An answer that came in the last moment, or while the process rested, is never dropped silently.

    An acceptance is a BPMN error; after a refusal, or where the sender took the offer back, ``abgelehnt`` is true and the reason stands beside it.
    """
    row = _uebergabe(ctx)
    if row.status == "angenommen":
        raise BpmnError("schon_angenommen", "Die empfangende Stelle hat inzwischen angenommen.")
    if row.status in {"abgelehnt", "widerrufen"}:
        return {"abgelehnt": True, "ablehnungsgrund": row.ablehnungsgrund or uebergaben.ZURUECKGEZOGEN}
    if row.status == "angeboten":
        uebergaben.expire(ctx.uow, row)
    return {"abgelehnt": False, "ablehnungsgrund": None}


def uebergabe_widerrufen(ctx: Auftrag) -> dict[str, Any]:
    """Takes an open handover back; one that is over already stays as it is."""
    row = _uebergabe(ctx)
    if row.status in {"entworfen", "angeboten", "angenommen"}:
        uebergaben.withdraw(ctx.uow, row)
    return {}


def uebergabe_alle_widerrufen(ctx: Auftrag) -> dict[str, Any]:
    """The case ends: every handover that is offered, or accepted but not yet taken over, is withdrawn, and the organisation is told.

    A draft stays until the case is closed; nobody outside knows of it.
    """
    akte = _fall(ctx)
    for number, key in enumerate(uebergaben.open_offers(ctx.uow, akte)):
        row = uebergaben.load(ctx.uow, key)
        receiver = row.empfaenger
        uebergaben.withdraw(ctx.uow, row)
        _mail(ctx, receiver, "hinweis", {"aktenzeichen": akte, "anlass": ANLAESSE["uebergabe_zurueckgezogen"]}, part=number)
    return {}


def uebergabe_uebernehmen(ctx: Auftrag) -> dict[str, Any]:
    """The organisation that accepted becomes responsible."""
    row = _uebergabe(ctx)
    try:
        uebergaben.take_over(ctx.uow, row)
    except uebergaben.NichtAngenommen as error:
        raise BpmnError("nicht_angenommen", error.detail) from error
    except uebergaben.EinwilligungFehlt as error:
        raise BpmnError("einwilligung_fehlt", error.detail) from error
    return {}


def verweis_anbieten(ctx: Auftrag) -> dict[str, Any]:
    """Refers to ``empfaenger`` at once; ``anliegen`` names the concern without data of a person. The answers come as messages."""
    try:
        key = verweise.create(
            ctx.uow,
            _fall(ctx),
            empfaenger=_text(ctx, "empfaenger"),
            anliegen=_text(ctx, "anliegen"),
            abschnitte=_list(ctx, "abschnitte"),
            frist=_moment(ctx.variables.get("antwort_bis")),
        )
    except uebergaben.EinwilligungFehlt as error:
        raise BpmnError("einwilligung_fehlt", error.detail) from error
    return {"verweis_id": str(key)}


def verweis_beenden(ctx: Auftrag) -> dict[str, Any]:
    """Ends the sight; ``erledigt`` says whether there was a result."""
    value = str(ctx.variables.get("verweis_id") or "")
    if not value.isdigit():
        raise InvalidInput("Der Auftrag braucht die Variable „verweis_id“.")
    verweise.end(ctx.uow, int(value), erledigt=ctx.variables.get("erledigt") is True)
    return {}


def partner_informieren(ctx: Auftrag) -> dict[str, Any]:
    """One mail to each organisation: it says that there is news and where, never about whom."""
    anlass, akte = _anlass(ctx), _fall(ctx)
    for number, empfaenger in enumerate(_list(ctx, "empfaenger")):
        name = verantwortung.organisation_name(ctx.uow, empfaenger)
        _mail(ctx, empfaenger, "hinweis", {"aktenzeichen": akte, "anlass": anlass}, part=number)
        zeitleiste.notieren(ctx.uow, akte, "mitteilung", f"{name} informiert: {anlass}", beteiligt=empfaenger)
    return {}


def mail_senden(ctx: Auftrag) -> dict[str, Any]:
    """A mail after the commit; ``daten`` holds keys and dates only."""
    daten = ctx.variables.get("daten")
    daten = {} if daten is None else daten
    if not isinstance(daten, dict):
        raise InvalidInput("Die Variable „daten“ muss ein Kontext sein.")
    fields = {"uebergabe" if name == "uebergabe_id" else name: value for name, value in daten.items()}
    case = {"aktenzeichen": ctx.business_id} if ctx.business_id else {}
    _mail(ctx, _text(ctx, "an"), _text(ctx, "vorlage"), {**case, **fields})
    return {}


def person_mitteilen(ctx: Auftrag) -> dict[str, Any]:
    """The person is told something; who does it and how is case work, so it stands in the time line."""
    zeitleiste.notieren(ctx.uow, _fall(ctx), "mitteilung", f"Mitteilung an die Person: {_anlass(ctx)}")
    return {}


def _anlass(ctx: Auftrag) -> str:
    """The reason in words; a key that is not listed is shown with spaces."""
    key = _text(ctx, "anlass")
    return ANLAESSE.get(key, key.replace("_", " "))


def _mail(ctx: Auftrag, an: str, vorlage: str, daten: Mapping[str, object], *, part: int = 0) -> None:
    # The key is new for every run of the element: a loop may send the same mail again, a retried delivery does not.
    ctx.uow.app.defer_mail(
        ctx.uow.session,
        mandant=ctx.actor.mandant,
        key=f"{ctx.instance_key}:{ctx.element_id}:{part}:{ctx.uow.key()}",
        an=an,
        vorlage=vorlage,
        daten=daten,
    )


AUFTRAEGE: dict[str, Callable[[Auftrag], dict[str, Any]]] = {
    "fall.phase_setzen": phase_setzen,
    "fall.verantwortung_uebertragen": verantwortung_uebertragen,
    "fall.schliessen": schliessen,
    "fall.notiz": notiz,
    "fall.rechtskreis_wechseln": rechtskreis_wechseln,
    "partner.kapazitaet_pruefen": kapazitaet_pruefen,
    "partner.abwechselnd_waehlen": abwechselnd_waehlen,
    "partner.informieren": partner_informieren,
    "einwilligung.pruefen": einwilligung_pruefen,
    "einwilligung.erteilen": einwilligung_erteilen,
    "uebergabe.anbieten": uebergabe_anbieten,
    "uebergabe.verfallen_lassen": uebergabe_verfallen,
    "uebergabe.widerrufen": uebergabe_widerrufen,
    "uebergabe.alle_widerrufen": uebergabe_alle_widerrufen,
    "uebergabe.uebernehmen": uebergabe_uebernehmen,
    "verweis.anbieten": verweis_anbieten,
    "verweis.beenden": verweis_beenden,
    "mail.senden": mail_senden,
    "person.mitteilen": person_mitteilen,
    **strukturhinweise.AUFTRAEGE,
}
