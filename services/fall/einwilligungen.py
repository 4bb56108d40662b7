"""Consent: who agreed that whom may see what, what for, and until when. A revocation takes effect in the same commit.

Source: Art. 7, Art. 9 Abs. 2 lit. a DSGVO; § 67b Abs. 2 SGB X.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from services import policy
from services.db.models.fall import MITGLIED, Einwilligung, Person, Uebergabe, Verweis
from services.db.models.grundlage import Benutzer, Organisation
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import abschnitte as sections
from services.fall import faelle, fakten, freigaben, verantwortung, zeitleiste, zugriffe
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from services.bootstrap import App
    from services.context import Actor

ZWECKE = {
    "fallmanagement": "Fallmanagement",
    "uebergabe": "Übergabe des Falls",
    "verweis": "Verweis",
    "auskunft": "Auskunft bei einer Fachstelle",
    "leistungsvermittlung": "Vermittlung einer Leistung",
    "zusammenarbeit": "Zusammenarbeit im Fall",
    "fallkonferenz": "Fallkonferenz",
}
SPRACHEN = {
    "de": "Deutsch",
    "ar": "Arabisch",
    "bg": "Bulgarisch",
    "prs": "Dari",
    "en": "Englisch",
    "fa": "Farsi",
    "fr": "Französisch",
    "ku": "Kurdisch",
    "ps": "Paschtu",
    "pl": "Polnisch",
    "ro": "Rumänisch",
    "ru": "Russisch",
    "so": "Somali",
    "ti": "Tigrinya",
    "tr": "Türkisch",
    "uk": "Ukrainisch",
    "andere": "andere Sprache",
}
FORMEN = {"schriftlich": "schriftlich", "elektronisch": "elektronisch", "muendlich": "mündlich, mit Vermerk"}
VOLLJAEHRIG = 18  # § 2 BGB


@dataclass(frozen=True, kw_only=True)
class Erklaerung:
    """What somebody consents to. ``sprache`` is the language of the explanation in words, ``form`` one of :data:`FORMEN`,
    ``gueltig_ab`` defaults to today, ``gueltig_bis`` is the last day; None: until revoked.
    """

    zweck: str
    abschnitte: tuple[str, ...]
    sprache: str
    form: str
    textfassung: str
    gueltig_ab: date | None = None
    gueltig_bis: date | None = None


@dataclass(frozen=True, kw_only=True)
class EinwilligungInfo:
    """One consent of one person. ``gueltig``: in force today."""

    key: int
    person: int
    erteilt_von: int
    empfaenger: str
    empfaenger_name: str
    zweck: str
    zweck_titel: str
    abschnitte: tuple[str, ...]
    besondere_abschnitte: tuple[str, ...]
    sprache: str
    form: str
    textfassung: str
    gueltig_ab: date
    gueltig_bis: date | None
    erfasst_am: datetime
    erfasst_von: str
    widerrufen_am: datetime | None
    widerruf_grund: str | None
    gueltig: bool


def erteilen(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    person: int,
    empfaenger: str,
    zweck: str,
    abschnitte: Sequence[str],
    sprache: str,
    form: str,
    textfassung: str,
    auch_fuer: Sequence[int] = (),
    gueltig_ab: date | None = None,
    gueltig_bis: date | None = None,
) -> tuple[int, ...]:
    """Write down a consent; returns one key per person, first that of ``person``, then those of ``auch_fuer`` (her children).

    Special categories among ``abschnitte`` count only because they are named: the form asks for them apart. ``sprache`` is the
    language of the explanation, ``form`` one of :data:`FORMEN`, ``gueltig_ab`` defaults to today.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        InvalidInput: see ``errors``.
        Conflict: the case is closed.
    """
    erklaerung = Erklaerung(
        zweck=zweck,
        abschnitte=tuple(abschnitte),
        sprache=sprache,
        form=form,
        textfassung=textfassung,
        gueltig_ab=gueltig_ab,
        gueltig_bis=gueltig_bis,
    )
    _check(erklaerung, app.clock.today())

    def work(uow: UnitOfWork) -> tuple[int, ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        people = list(dict.fromkeys((person, *auch_fuer)))
        return record(uow, aktenzeichen, empfaenger, erklaerung, dict.fromkeys(people, person))

    return transact(app, actor, work)


def _check(erklaerung: Erklaerung, today: date) -> None:
    """Raises InvalidInput with a sentence per field."""
    errors = {}
    if erklaerung.zweck not in ZWECKE:
        errors["zweck"] = "Bitte wählen Sie aus der Liste."
    if erklaerung.form not in FORMEN:
        errors["form"] = "Bitte wählen Sie aus der Liste."
    for name in ("sprache", "textfassung"):
        if not getattr(erklaerung, name).strip():
            errors[name] = "Bitte füllen Sie dieses Feld aus."
    if erklaerung.gueltig_bis is not None and erklaerung.gueltig_bis < max(erklaerung.gueltig_ab or today, today):
        errors["gueltig_bis"] = "Das Ende liegt vor dem Beginn oder in der Vergangenheit."
    sections.check_shareable(list(erklaerung.abschnitte))
    if errors:
        raise InvalidInput(errors=errors)


def record(uow: UnitOfWork, aktenzeichen: str, empfaenger: str, erklaerung: Erklaerung, personen: Mapping[int, int]) -> tuple[int, ...]:
    """Write a consent down within the caller's unit of work and without a check of rights; ``personen``: whom it concerns -> who gave it.

    Raises:
        InvalidInput: see ``errors``.
        Conflict: the case is closed.
    """
    today = uow.app.clock.today()
    _check(erklaerung, today)
    chosen = sections.check_shareable(list(erklaerung.abschnitte))
    verantwortung.lock_open(uow, aktenzeichen)
    name = verantwortung.organisation_name(uow, empfaenger)
    check_people(uow, aktenzeichen, [*personen, *personen.values()])
    keys = tuple(uow.key() for _ in personen)
    uow.session.execute(
        insert(Einwilligung),
        [
            {
                "key": key,
                "mandant": uow.actor.mandant,
                "aktenzeichen": aktenzeichen,
                "person": who,
                "erteilt_von": giver,
                "empfaenger": empfaenger,
                "zweck": erklaerung.zweck,
                "abschnitte": [a for a in chosen if a not in sections.BESONDERE],
                "besondere_abschnitte": [a for a in chosen if a in sections.BESONDERE],
                "sprache": erklaerung.sprache.strip(),
                "form": erklaerung.form,
                "textfassung": erklaerung.textfassung.strip(),
                "gueltig_ab": erklaerung.gueltig_ab or today,
                "gueltig_bis": erklaerung.gueltig_bis,
                "erfasst_am": uow.now,
                "erfasst_von": uow.actor.login,
            }
            for key, (who, giver) in zip(keys, personen.items(), strict=True)
        ],
    )
    until = f" Gültig bis {erklaerung.gueltig_bis:%d.%m.%Y}." if erklaerung.gueltig_bis else ""
    zeitleiste.notieren(
        uow,
        aktenzeichen,
        "einwilligung",
        f"Einwilligung erteilt: {name}, Zweck {ZWECKE[erklaerung.zweck]}.{until}",
        beteiligt=empfaenger,
        link=keys[0],
    )
    zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, [], "Einwilligung erfassen")
    uow.audit(
        "einwilligung.erteilen",
        aktenzeichen,
        chain=f"fall:{aktenzeichen}",
        detail={
            "einwilligungen": list(keys),
            "empfaenger": empfaenger,
            "zweck": erklaerung.zweck,
            "abschnitte": chosen,
            "form": erklaerung.form,
            "textfassung": erklaerung.textfassung,
        },
    )
    return keys


def check_people(uow: UnitOfWork, aktenzeichen: str, people: Iterable[int], *, auch_ehemalige: bool = False) -> None:
    """All of them belong to the case; ``auch_ehemalige``: or did so before they left it.

    Raises:
        InvalidInput: somebody does not.
    """
    of_case = select(Person.key).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen)
    known = set(uow.session.execute(of_case if auch_ehemalige else of_case.where(MITGLIED)).scalars())
    if not set(people) <= known:
        raise InvalidInput(errors={"person": "Diese Person gehört nicht zu diesem Fall."})


def widerrufen(app: App, actor: Actor, *, einwilligung: int, grund: str) -> None:
    """End a consent now: the recipient's access is gone, handovers and Verweise that rely on it are withdrawn, the process is told.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        Conflict: it was revoked before.
    """

    def work(uow: UnitOfWork) -> None:
        row = _row(uow, einwilligung)
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, row.aktenzeichen, app.clock.today())
        verantwortung.lock(uow, row.aktenzeichen)
        ended = uow.session.execute(
            update(Einwilligung)
            .where(Einwilligung.key == einwilligung, Einwilligung.widerrufen_am.is_(None))
            .values(widerrufen_am=uow.now, widerruf_grund=grund.strip() or None)
            .returning(Einwilligung.key)
        ).scalar_one_or_none()
        if ended is None:
            raise Conflict("Diese Einwilligung ist schon widerrufen.", war="widerrufen", soll="widerrufen")
        name = uow.session.execute(
            select(Organisation.name).where(Organisation.mandant == actor.mandant, Organisation.key == row.empfaenger)
        ).scalar_one()
        withdrawn = withdraw_uncovered(uow, row.aktenzeichen, row.empfaenger)
        zeitleiste.notieren(
            uow,
            row.aktenzeichen,
            "einwilligung",
            f"Einwilligung widerrufen: {name}, Zweck {ZWECKE.get(row.zweck, row.zweck)}",
            beteiligt=row.empfaenger,
            link=einwilligung,
        )
        uow.audit(
            "einwilligung.widerrufen",
            row.aktenzeichen,
            chain=f"fall:{row.aktenzeichen}",
            detail={"einwilligung": einwilligung, "empfaenger": row.empfaenger, "zweck": row.zweck, "zurueckgezogen": withdrawn},
        )
        told = {"empfaenger": row.empfaenger, "entfallen": [str(key) for key in withdrawn]}
        uow.app.publish(uow, "einwilligung_widerrufen", row.aktenzeichen, told)

    transact(app, actor, work)


def _row(uow: UnitOfWork, key: int) -> Einwilligung:
    found = uow.session.execute(
        select(Einwilligung).where(Einwilligung.mandant == uow.actor.mandant, Einwilligung.key == key)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def withdraw_uncovered(uow: UnitOfWork, aktenzeichen: str, empfaenger: str) -> list[int]:
    """Withdraw what is open to this recipient and no longer covered; returns the keys. The case is locked by the caller.

    A handover whose Fallverantwortung has moved stays what it is, history; what it lent is gone all the same.
    """
    given = freigaben.coverage(uow.session, uow.actor.mandant, aktenzeichen, uow.app.clock.today(), empfaenger=empfaenger)
    withdrawn: list[int] = []
    for table in (Uebergabe, Verweis):
        open_rows = [table.status.in_(policy.OFFEN)]
        if table is Uebergabe:
            open_rows.append(Uebergabe.uebernommen_am.is_(None))
        rows = uow.session.execute(
            select(table.key, table.zweck, table.personen, table.abschnitte).where(
                table.mandant == uow.actor.mandant, table.aktenzeichen == aktenzeichen, table.empfaenger == empfaenger, *open_rows
            )
        ).all()
        lost = [r.key for r in rows if freigaben.missing(given, r.zweck, r.personen, r.abschnitte)]
        if lost:
            uow.session.execute(update(table).where(table.key.in_(lost)).values(status="widerrufen", beendet_am=uow.now))
        withdrawn += lost
    return withdrawn


def auflisten(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[EinwilligungInfo, ...]:
    """All consents of the case, the newest first; an organisation to which sight is lent sees those given to it.

    Raises:
        NotFound: the case is not visible.
    """

    def work(uow: UnitOfWork) -> tuple[EinwilligungInfo, ...]:
        today = app.clock.today()
        target = policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, today)
        query = (
            select(Einwilligung, Organisation.name, Benutzer.name.label("erfasser"), policy.consent_valid(today).label("gueltig"))
            .join(Organisation, and_(Organisation.mandant == Einwilligung.mandant, Organisation.key == Einwilligung.empfaenger))
            .outerjoin(Benutzer, and_(Benutzer.mandant == Einwilligung.mandant, Benutzer.login == Einwilligung.erfasst_von))
            .where(Einwilligung.mandant == actor.mandant, Einwilligung.aktenzeichen == aktenzeichen)
            .order_by(Einwilligung.erfasst_am.desc(), Einwilligung.key)
        )
        if not policy.belongs(actor, target):
            query = query.where(Einwilligung.empfaenger == actor.organisation)
        return tuple(
            EinwilligungInfo(
                key=e.key,
                person=e.person,
                erteilt_von=e.erteilt_von,
                empfaenger=e.empfaenger,
                empfaenger_name=name,
                zweck=e.zweck,
                zweck_titel=ZWECKE.get(e.zweck, e.zweck),
                abschnitte=tuple(e.abschnitte),
                besondere_abschnitte=tuple(e.besondere_abschnitte),
                sprache=e.sprache,
                form=e.form,
                textfassung=e.textfassung,
                gueltig_ab=e.gueltig_ab,
                gueltig_bis=e.gueltig_bis,
                erfasst_am=e.erfasst_am,
                erfasst_von=erfasser or e.erfasst_von,
                widerrufen_am=e.widerrufen_am,
                widerruf_grund=e.widerruf_grund,
                gueltig=bool(valid),
            )
            for e, name, erfasser, valid in uow.session.execute(query)
        )

    return read(app, actor, work)


def pruefen(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    empfaenger: str,
    zweck: str,
    abschnitte: Sequence[str],
    personen: Sequence[int] | None = None,
) -> tuple[tuple[int, str], ...]:
    """What is not covered: pairs of person and section; empty if the consent covers everything. ``personen``: default all of the case.

    Raises:
        NotFound: the case is not visible.
        InvalidInput: a section does not exist or never leaves the organisation.
    """

    def work(uow: UnitOfWork) -> tuple[tuple[int, str], ...]:
        policy.require_fall(uow.session, actor, policy.Action.FALL_READ, aktenzeichen, app.clock.today())
        return tuple(uncovered(uow, aktenzeichen, empfaenger, zweck, list(abschnitte), personen))

    return read(app, actor, work)


def geber(uow: UnitOfWork, aktenzeichen: str, person: int | None = None) -> dict[int, int]:
    """Who consents for whom, whom -> who: adults for themselves, the main person for the minors. ``person``: only this one.

    Somebody whose date of birth is not known counts as an adult.
    Source: §§ 2, 1626, 1629 BGB.
    """
    today = uow.app.clock.today()
    people = uow.session.execute(
        select(Person.key, Person.geburtsdatum, Person.hauptperson)
        .where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, MITGLIED)
        .order_by(Person.hauptperson.desc(), Person.key)
    ).all()
    main = people[0].key
    found = {p.key: main if (years := fakten.age(p.geburtsdatum, today)) is not None and years < VOLLJAEHRIG else p.key for p in people}
    return found if person is None else {person: found.get(person, person)}


def uncovered(
    uow: UnitOfWork, aktenzeichen: str, empfaenger: str, zweck: str, abschnitte: list[str], personen: Sequence[int] | None = None
) -> list[tuple[int, str]]:
    """As :func:`pruefen`, within the caller's unit of work and without a check of rights."""
    given = freigaben.coverage(uow.session, uow.actor.mandant, aktenzeichen, uow.app.clock.today(), empfaenger=empfaenger)
    people = list(personen) if personen is not None else faelle.person_keys(uow, aktenzeichen)
    return freigaben.missing(given, zweck, people, sections.check_shareable(abschnitte))
