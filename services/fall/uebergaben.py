"""Handovers: draft, offer, answer, take over. The Fallverantwortung moves only after the receiving organisation has accepted.

Consent is checked when offered, when accepted and when taken over. The functions with a ``uow`` work within the caller's unit
of work (built-in jobs, ``services/fall/auftraege.py``); reading is in ``uebergaben_lesen``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from services import policy
from services.db.models.fall import Uebergabe
from services.db.models.grundlage import Organisation
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import abschnitte as sections
from services.fall import einwilligungen, faelle, status, verantwortung, zeitleiste
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

ABLEHNUNGSGRUENDE = {
    "kein_platz": "Kein Platz frei",
    "sprache": "Sprache nicht vorhanden",
    "andere_stelle": "Andere Stelle ist zuständig",
    "schon_in_beratung": "Person ist schon bei uns in Beratung",
    "anderer_grund": "Anderer Grund",
}
ZURUECKGEZOGEN = "zurueckgezogen"  # told to the process in the place of a reason
NACHFRAGE = {"gelungen": "Der Kontakt hält", "abgebrochen": "Der Kontakt hält nicht", "nicht_erreicht": "Niemand erreicht"}


class EinwilligungFehlt(Conflict):
    """A consent does not cover what shall be shown; ``facts["fehlend"]`` holds pairs of person and section."""

    message_de = "Die Einwilligung deckt nicht alle ausgewählten Angaben ab."


class NichtAngenommen(Conflict):
    """The receiving organisation has not accepted, so the Fallverantwortung cannot move."""

    message_de = "Die empfangende Stelle hat die Übergabe nicht angenommen."


def load(uow: UnitOfWork, key: int, *, locked: bool = True) -> Uebergabe:
    """The handover as it is now; ``locked``: after locking its case, so that two answers come one after the other.

    Raises:
        NotFound: there is none with this key in the Mandant.
    """
    query = select(Uebergabe).where(Uebergabe.mandant == uow.actor.mandant, Uebergabe.key == key).execution_options(populate_existing=True)
    row = uow.session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound
    if locked:
        verantwortung.lock(uow, row.aktenzeichen)
        row = uow.session.execute(query).scalar_one()
    return row


def target(row: Uebergabe) -> policy.UebergabeTarget:
    """The facts that the policy needs."""
    return policy.UebergabeTarget(mandant=row.mandant, absender=row.absender, empfaenger=row.empfaenger, status=row.status)


def _set(uow: UnitOfWork, row: Uebergabe, new: str, **values: object) -> None:
    """Move the status along the table and write it down."""
    old = row.status
    if old == "angenommen" and row.uebernommen_am is not None:
        raise Conflict("Die Fallverantwortung ist schon übergegangen.", war="übernommen", soll=new)
    status.move(status.UEBERGABE, old, new)
    uow.session.execute(update(Uebergabe).where(Uebergabe.key == row.key).values(status=new, **values))
    uow.session.expire(row)
    uow.audit(f"uebergabe.{new}", str(row.key), chain=f"fall:{row.aktenzeichen}", detail={"von": old, "nach": new})


def _require_consent(uow: UnitOfWork, row: Uebergabe) -> None:
    lacking = einwilligungen.uncovered(uow, row.aktenzeichen, row.empfaenger, row.zweck, row.abschnitte, row.personen)
    if lacking:
        raise EinwilligungFehlt(fehlend=lacking)


# --- within the caller's unit of work --------------------------------------------------------------------------------------


def create(
    uow: UnitOfWork,
    aktenzeichen: str,
    *,
    empfaenger: str,
    zweck: str,
    abschnitte: Sequence[str],
    grund: str,
    nachricht: str | None = None,
    personen: Sequence[int] | None = None,
    frist: datetime | None = None,
    instance_key: int | None = None,
) -> Uebergabe:
    """A draft from the holder to another organisation. The case is locked.

    Raises:
        InvalidInput: recipient, sections or people do not exist, or the recipient holds the case already.
        Conflict: the case is closed.
    """
    verantwortung.lock_open(uow, aktenzeichen)
    holder = verantwortung.open_row(uow, aktenzeichen).organisation
    if empfaenger == holder:
        raise InvalidInput(errors={"empfaenger": "Diese Stelle ist schon für den Fall verantwortlich."})
    if zweck not in einwilligungen.ZWECKE:
        raise InvalidInput(errors={"zweck": "Bitte wählen Sie aus der Liste."})
    people = list(personen) if personen else faelle.person_keys(uow, aktenzeichen)
    einwilligungen.check_people(uow, aktenzeichen, people)
    name = verantwortung.organisation_name(uow, empfaenger)
    sender = uow.session.execute(
        select(Organisation.name).where(Organisation.mandant == uow.actor.mandant, Organisation.key == holder)
    ).scalar_one()
    key = uow.key()
    uow.session.execute(
        insert(Uebergabe).values(
            key=key,
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            status="entworfen",
            zweck=zweck,
            abschnitte=sections.check_shareable(list(abschnitte)),
            personen=people,
            empfaenger=empfaenger,
            empfaenger_name=name,
            absender=holder,
            absender_name=sender,
            absender_person=uow.actor.login,
            absender_person_name=uow.actor.name,
            grund=grund.strip(),
            nachricht=(nachricht or "").strip() or None,
            instance_key=instance_key,
            erstellt_am=uow.now,
            frist=frist,
        )
    )
    uow.audit("uebergabe.entworfen", str(key), chain=f"fall:{aktenzeichen}", detail={"empfaenger": empfaenger, "zweck": zweck})
    return load(uow, key, locked=False)


def offer(uow: UnitOfWork, row: Uebergabe) -> None:
    """Offer a draft.

    Raises:
        EinwilligungFehlt: consent does not cover it.
        Conflict: it is no draft, or another handover of the case is open.
    """
    _require_consent(uow, row)
    other = uow.session.execute(
        select(Uebergabe.key).where(
            Uebergabe.mandant == row.mandant,
            Uebergabe.aktenzeichen == row.aktenzeichen,
            Uebergabe.key != row.key,
            Uebergabe.status.in_(policy.OFFEN),
            Uebergabe.uebernommen_am.is_(None),
        )
    ).first()
    if other is not None:
        raise Conflict("Für diesen Fall ist schon eine Übergabe offen.", war="angeboten", soll="angeboten")
    aktenzeichen, name, receiver, until, key = row.aktenzeichen, row.empfaenger_name, row.empfaenger, row.frist, row.key
    _set(uow, row, "angeboten", angeboten_am=uow.now)
    wish = f". Antwort erbeten bis {until:%d.%m.%Y}." if until else ""
    zeitleiste.notieren(uow, aktenzeichen, "uebergabe", f"Übergabe angeboten an {name}{wish}", beteiligt=receiver, link=key)


def expire(uow: UnitOfWork, row: Uebergabe) -> None:
    """Nobody answered in time: the sight that was lent ends.

    Raises:
        Conflict: it is not waiting for an answer.
    """
    aktenzeichen, name, receiver, key = row.aktenzeichen, row.empfaenger_name, row.empfaenger, row.key
    _set(uow, row, "verfallen", beendet_am=uow.now)
    zeitleiste.notieren(uow, aktenzeichen, "uebergabe", f"Übergabe ohne Antwort verfallen: {name}", beteiligt=receiver, link=key)


def withdraw(uow: UnitOfWork, row: Uebergabe) -> None:
    """The sender takes the offer back, or an acceptance before the Fallverantwortung has moved.

    Raises:
        Conflict: it is answered with no, over, or taken over.
    """
    aktenzeichen, name, receiver, key = row.aktenzeichen, row.empfaenger_name, row.empfaenger, row.key
    _set(uow, row, "widerrufen", beendet_am=uow.now)
    zeitleiste.notieren(uow, aktenzeichen, "uebergabe", f"Übergabe zurückgezogen: {name}", beteiligt=receiver, link=key)


def open_offers(uow: UnitOfWork, aktenzeichen: str) -> list[int]:
    """Handovers of the case that somebody outside could still answer or take over, oldest first."""
    return list(
        uow.session.execute(
            select(Uebergabe.key)
            .where(
                Uebergabe.mandant == uow.actor.mandant,
                Uebergabe.aktenzeichen == aktenzeichen,
                Uebergabe.status.in_(policy.OFFEN),
                Uebergabe.uebernommen_am.is_(None),
            )
            .order_by(Uebergabe.key)
        ).scalars()
    )


def take_over(uow: UnitOfWork, row: Uebergabe) -> None:
    """Move the Fallverantwortung to the organisation that accepted; the person who answered becomes responsible.

    Doing it again changes nothing.

    Raises:
        NichtAngenommen: there is no acceptance.
        EinwilligungFehlt: the consent ended in the meantime.
        Conflict: the case is closed.
    """
    if row.status != "angenommen":
        raise NichtAngenommen(war=row.status, soll="übernommen")
    if row.uebernommen_am is not None:
        return
    _require_consent(uow, row)
    uow.session.execute(update(Uebergabe).where(Uebergabe.key == row.key).values(uebernommen_am=uow.now))
    verantwortung.transfer(
        uow, row.aktenzeichen, organisation=row.empfaenger, login=row.beantwortet_von, grund="Übergabe angenommen", uebergabe=row.key
    )
    uow.session.expire(row)


# --- use cases -------------------------------------------------------------------------------------------------------------


def entwerfen(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    empfaenger: str,
    abschnitte: Sequence[str],
    grund: str,
    zweck: str = "uebergabe",
    nachricht: str | None = None,
    personen: Sequence[int] | None = None,
    frist: datetime | None = None,
) -> int:
    """Begin a handover; returns its key. Nobody outside sees a draft. ``personen``: default all of the case.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        InvalidInput, Conflict: as :func:`create`.
    """

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, policy.Action.UEBERGABE_OFFER, aktenzeichen, app.clock.today())
        return create(
            uow,
            aktenzeichen,
            empfaenger=empfaenger,
            zweck=zweck,
            abschnitte=abschnitte,
            grund=grund,
            nachricht=nachricht,
            personen=personen,
            frist=frist,
        ).key

    return transact(app, actor, work)


def entwurf_aendern(
    app: App,
    actor: Actor,
    *,
    uebergabe: int,
    abschnitte: Sequence[str],
    grund: str,
    nachricht: str | None = None,
    frist: datetime | None = None,
) -> None:
    """Replace what a draft says.

    Raises:
        NotFound, NotPermitted, InvalidInput.
        Conflict: it is no draft any more.
    """

    def work(uow: UnitOfWork) -> None:
        row = load(uow, uebergabe)
        policy.require(actor, policy.Action.UEBERGABE_OFFER, target(row))
        if row.status != "entworfen":
            raise Conflict(f"Die Übergabe ist „{row.status}“ und kann nicht mehr geändert werden.", war=row.status, soll="entworfen")
        uow.session.execute(
            update(Uebergabe)
            .where(Uebergabe.key == row.key)
            .values(
                abschnitte=sections.check_shareable(list(abschnitte)),
                grund=grund.strip(),
                nachricht=(nachricht or "").strip() or None,
                frist=frist,
            )
        )

    transact(app, actor, work)


def anbieten(app: App, actor: Actor, *, uebergabe: int) -> None:
    """Send a draft to the receiving organisation.

    Raises:
        NotFound, NotPermitted, EinwilligungFehlt, Conflict: as :func:`offer`, or the case has moved on.
    """

    def work(uow: UnitOfWork) -> None:
        row = load(uow, uebergabe)
        policy.require_fall(uow.session, actor, policy.Action.UEBERGABE_OFFER, row.aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, row.aktenzeichen)
        if verantwortung.open_row(uow, row.aktenzeichen).organisation != row.absender:
            raise Conflict("Die Fallverantwortung liegt nicht mehr bei der anbietenden Stelle.", war="übergegangen", soll="angeboten")
        offer(uow, row)

    transact(app, actor, work)


def beantworten(
    app: App, actor: Actor, *, uebergabe: int, angenommen: bool, ablehnungsgrund: str | None = None, hinweis: str | None = None
) -> None:
    """The receiving organisation answers. The process that waits is told; without one, an acceptance moves the Fallverantwortung at once.

    Raises:
        NotFound, NotPermitted: only the receiving organisation answers.
        InvalidInput: a refusal without a reason of :data:`ABLEHNUNGSGRUENDE`.
        EinwilligungFehlt: the consent ended after the offer.
        Conflict: it is answered, withdrawn or over.
    """

    def work(uow: UnitOfWork) -> None:
        row = load(uow, uebergabe)
        policy.require(actor, policy.Action.UEBERGABE_ANSWER, target(row))
        if not angenommen and ablehnungsgrund not in ABLEHNUNGSGRUENDE:
            raise InvalidInput(errors={"ablehnungsgrund": "Bitte wählen Sie einen Grund."})
        new = "angenommen" if angenommen else "abgelehnt"
        status.move(status.UEBERGABE, row.status, new)
        if angenommen:
            _require_consent(uow, row)
        aktenzeichen, instance_key, name, key = row.aktenzeichen, row.instance_key, row.empfaenger_name, row.key
        reason = None if angenommen else ablehnungsgrund
        _set(
            uow,
            row,
            new,
            beantwortet_am=uow.now,
            beantwortet_von=actor.login,
            ablehnungsgrund=reason,
            hinweis=(hinweis or "").strip() or None,
            beendet_am=None if angenommen else uow.now,
        )
        why = f", Grund: {ABLEHNUNGSGRUENDE[reason]}" if reason else ""
        zeitleiste.notieren(uow, aktenzeichen, "uebergabe", f"Übergabe {new}: {name}{why}", beteiligt=row.absender, link=key)
        if angenommen and instance_key is None:
            take_over(uow, load(uow, key, locked=False))
        uow.app.publish(uow, "uebergabe_beantwortet", str(key), {"angenommen": angenommen, "ablehnungsgrund": reason})

    transact(app, actor, work)


def zurueckziehen(app: App, actor: Actor, *, uebergabe: int) -> None:
    """The sender takes a draft or an offer back. The process that waits for the answer is told, as if it had come: there will be none.

    Raises:
        NotFound, NotPermitted, Conflict: as :func:`withdraw`.
    """

    def work(uow: UnitOfWork) -> None:
        row = load(uow, uebergabe)
        policy.require(actor, policy.Action.UEBERGABE_OFFER, target(row))
        awaited = row.status == "angeboten" and row.instance_key is not None
        withdraw(uow, row)
        if awaited:
            uow.app.publish(uow, "uebergabe_beantwortet", str(uebergabe), {"angenommen": False, "ablehnungsgrund": ZURUECKGEZOGEN})

    transact(app, actor, work)


def nachfrage_eintragen(app: App, actor: Actor, *, uebergabe: int, ergebnis: str) -> None:
    """Whether the contact holds some weeks after the handover; one of :data:`NACHFRAGE`.

    Raises:
        NotFound, NotPermitted: only the organisation that handed over asks.
        InvalidInput: an unknown result.
        NichtAngenommen: there was no handover.
    """

    def work(uow: UnitOfWork) -> None:
        row = load(uow, uebergabe)
        policy.require(actor, policy.Action.UEBERGABE_OFFER, target(row))
        if ergebnis not in NACHFRAGE:
            raise InvalidInput(errors={"ergebnis": "Bitte wählen Sie aus der Liste."})
        if row.uebernommen_am is None:
            raise NichtAngenommen(war=row.status, soll="übernommen")
        uow.session.execute(update(Uebergabe).where(Uebergabe.key == row.key).values(nachfrage_am=uow.now, nachfrage_ergebnis=ergebnis))
        zeitleiste.notieren(uow, row.aktenzeichen, "uebergabe", f"Nachfrage: {NACHFRAGE[ergebnis]}", beteiligt=row.empfaenger, link=row.key)
        uow.audit("uebergabe.nachfrage", str(row.key), chain=f"fall:{row.aktenzeichen}", detail={"ergebnis": ergebnis})

    transact(app, actor, work)
