"""Somebody leaves a case that goes on: she moved out, separated, died, has a case of her own, or was taken in by mistake.

Everything written about her stays. From then on she is none of ``fall.personen``, her consents are over as if revoked, and no offer
lends anything of her.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update

from services import policy
from services.db.models.fall import Einwilligung, Person, Uebergabe, Verweis
from services.db.models.grundlage import Organisation
from services.errors import Conflict, InvalidInput, NotFound
from services.fall import einwilligungen, faelle, freigaben, rechtskreise, verantwortung, zeitleiste, zugriffe
from services.fall.fallkopf import AUSSCHEIDEGRUENDE
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from services.bootstrap import App
    from services.context import Actor
    from services.db.models.fall import Fall

BERLIN = ZoneInfo("Europe/Berlin")
IRRTUM = "irrtum"
RUECKKEHRGRUENDE = {"irrtum": "das Ausscheiden war ein Irrtum", "rueckkehr": "gehört wieder zum Haushalt"}
WIDERRUF_GRUND = "Person aus dem Fall ausgeschieden"  # recipients read it: nothing else about her


class LetztePerson(Conflict):
    """A case has at least one person."""

    message_de = "Das ist die letzte Person im Fall. Wenn niemand mehr begleitet wird, schließen Sie den Fall ab."


class IstHauptperson(Conflict):
    """The main person leaves only after another one was chosen."""

    message_de = "Die Hauptperson kann erst ausscheiden, wenn eine andere Hauptperson gewählt ist."


def ausscheiden(app: App, actor: Actor, *, aktenzeichen: str, person: int, am: date, grund: str) -> None:
    """A member leaves the case. ``am``: the day, today or before; ``grund``: a key of :data:`AUSSCHEIDEGRUENDE`.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's, or she was never in it.
        InvalidInput: see ``errors``.
        LetztePerson, IstHauptperson: she cannot leave.
        Conflict: the case is closed, or she has left already.
    """
    if grund not in AUSSCHEIDEGRUENDE:
        raise InvalidInput(errors={"grund": rechtskreise.AUS_DER_LISTE})

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        fall = verantwortung.lock_open(uow, aktenzeichen)
        row = _person(uow, aktenzeichen, person)
        if row.ausgeschieden_am is not None:
            raise Conflict("Diese Person ist schon aus dem Fall ausgeschieden.", war="ausgeschieden", soll="ausgeschieden")
        if faelle.person_keys(uow, aktenzeichen) == [person]:
            raise LetztePerson
        if row.hauptperson:
            raise IstHauptperson
        _check_day(am, fall, app.clock.today())
        _set(uow, person, am=am, grund=grund)
        rechtskreise.ableiten(uow, aktenzeichen)
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Person aus dem Fall ausgeschieden")
        ended = _end_consents(uow, aktenzeichen, person, am, auch_erklaerte=grund == IRRTUM)
        taken_out = _take_out(uow, aktenzeichen, person)
        withdrawn = _withdraw(uow, aktenzeichen, sorted({e.empfaenger for e in ended} | set(taken_out.values())))
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Person scheidet aus")
        uow.audit(
            "fall.person_ausscheiden",
            aktenzeichen,
            chain=f"fall:{aktenzeichen}",
            reason=AUSSCHEIDEGRUENDE[grund],
            detail={
                "person": person,
                "am": am.isoformat(),
                "einwilligungen": [e.key for e in ended],
                "ohne_sie": sorted(taken_out),
                "zurueckgezogen": withdrawn,
            },
        )

    transact(app, actor, work)


def _check_day(am: date, fall: Fall, today: date) -> None:
    if am > today:
        raise InvalidInput(errors={"am": "Der Tag liegt in der Zukunft."})
    if am < fall.erstkontakt:
        raise InvalidInput(errors={"am": "Der Tag liegt vor dem Erstkontakt."})


def _person(uow: UnitOfWork, aktenzeichen: str, person: int) -> Person:
    """A member or somebody who was one. Raises NotFound."""
    row = uow.session.execute(
        select(Person)
        .where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, Person.key == person)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _set(uow: UnitOfWork, person: int, *, am: date | None, grund: str | None) -> None:
    uow.session.execute(
        update(Person)
        .where(Person.mandant == uow.actor.mandant, Person.key == person)
        .values(ausgeschieden_am=am, ausgeschieden_grund=grund)
    )


def _end_consents(uow: UnitOfWork, aktenzeichen: str, person: int, am: date, *, auch_erklaerte: bool) -> Sequence[Einwilligung]:
    """Her consents that are in force or begin later are over on that day; what she declared for her children stays.

    ``auch_erklaerte``: that ends too, as somebody who was taken in by mistake could not declare it.
    """
    hers = Einwilligung.person == person
    ended = uow.session.scalars(
        update(Einwilligung)
        .where(
            Einwilligung.mandant == uow.actor.mandant,
            Einwilligung.aktenzeichen == aktenzeichen,
            or_(hers, Einwilligung.erteilt_von == person) if auch_erklaerte else hers,
            Einwilligung.widerrufen_am.is_(None),
            or_(Einwilligung.gueltig_bis.is_(None), Einwilligung.gueltig_bis >= am),
        )
        # A consent never ends before it was written down, nor in the future.
        .values(
            widerrufen_am=func.greatest(Einwilligung.erfasst_am, min(datetime.combine(am, time(12), BERLIN), uow.now)),
            widerruf_grund=WIDERRUF_GRUND,
        )
        .returning(Einwilligung)
    ).all()
    names = _names(uow, {e.empfaenger for e in ended})
    for empfaenger, zweck in sorted({(e.empfaenger, e.zweck) for e in ended}):
        words = f"Einwilligung einer Person beendet: {names[empfaenger]}, Zweck {einwilligungen.ZWECKE.get(zweck, zweck)}"
        zeitleiste.notieren(uow, aktenzeichen, "einwilligung", words, beteiligt=empfaenger)
    return ended


def _names(uow: UnitOfWork, keys: set[str]) -> dict[str, str]:
    rows = uow.session.execute(
        select(Organisation.key, Organisation.name).where(Organisation.mandant == uow.actor.mandant, Organisation.key.in_(keys))
    )
    return {row.key: row.name for row in rows}


def _take_out(uow: UnitOfWork, aktenzeichen: str, person: int) -> dict[int, str]:
    """Handovers and Verweise go on without her. Returns key -> recipient.

    Drafts that name nobody else are withdrawn here; what was offered for her alone is no longer covered, see :func:`_withdraw`.
    She is taken out of what has been taken over as well: else the consent of the others would no longer do for what concerns all.
    """
    found: dict[int, str] = {}
    for table in (Uebergabe, Verweis):
        rows = uow.session.execute(
            select(table.key, table.personen, table.empfaenger, table.status).where(
                table.mandant == uow.actor.mandant,
                table.aktenzeichen == aktenzeichen,
                table.status.in_(("entworfen", *policy.OFFEN)),
                table.personen.contains([person]),
            )
        ).all()
        for row in rows:
            found[row.key] = row.empfaenger
            others = [key for key in row.personen if key != person]
            if others:
                uow.session.execute(update(table).where(table.key == row.key).values(personen=others))
            elif row.status == "entworfen":
                uow.session.execute(update(table).where(table.key == row.key).values(status="widerrufen", beendet_am=uow.now))
    return found


def _withdraw(uow: UnitOfWork, aktenzeichen: str, empfaenger: Sequence[str]) -> list[int]:
    """Withdraw what is no longer covered, and tell the processes of each recipient with whom nothing goes on.

    Where the others still consent and nothing of theirs was withdrawn, no process is told: it would stop what they want to go on.
    """
    withdrawn: list[int] = []
    for key in empfaenger:
        lost = einwilligungen.withdraw_uncovered(uow, aktenzeichen, key)
        left = freigaben.coverage(uow.session, uow.actor.mandant, aktenzeichen, uow.app.clock.today(), empfaenger=key)
        if lost or not left:
            uow.app.publish(uow, "einwilligung_widerrufen", aktenzeichen, {"empfaenger": key, "entfallen": [str(k) for k in lost]})
        withdrawn += lost
    return withdrawn


def zuruecknehmen(app: App, actor: Actor, *, aktenzeichen: str, person: int, grund: str) -> None:
    """Somebody belongs to the case again; what ended when she left does not come back: consents are given anew.

    ``grund``: a key of :data:`RUECKKEHRGRUENDE`.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's, or she was never in it.
        InvalidInput: no reason.
        Conflict: the case is closed, or she has not left it.
    """
    if grund not in RUECKKEHRGRUENDE:
        raise InvalidInput(errors={"grund": rechtskreise.AUS_DER_LISTE})

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        verantwortung.lock_open(uow, aktenzeichen)
        row = _person(uow, aktenzeichen, person)
        if row.ausgeschieden_am is None:
            raise Conflict("Diese Person gehört zum Fall.", war="mitglied", soll="mitglied")
        left = row.ausgeschieden_am.isoformat()
        _set(uow, person, am=None, grund=None)
        rechtskreise.ableiten(uow, aktenzeichen)
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Person gehört wieder zum Fall")
        zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["stammdaten"], "Ausscheiden zurücknehmen")
        uow.audit(
            "fall.person_zuruecknehmen",
            aktenzeichen,
            chain=f"fall:{aktenzeichen}",
            reason=RUECKKEHRGRUENDE[grund],
            detail={"person": person, "war_ausgeschieden_am": left},
        )

    transact(app, actor, work)
