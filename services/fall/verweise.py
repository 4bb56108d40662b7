"""Verweise: another organisation helps with one concern and sees named sections meanwhile. The Fallverantwortung never moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from services import policy
from services.db.models.fall import Verweis
from services.errors import InvalidInput, NotFound
from services.fall import abschnitte as sections
from services.fall import einwilligungen, faelle, fakten, status, verantwortung, zeitleiste
from services.fall.uebergaben import ABLEHNUNGSGRUENDE, EinwilligungFehlt
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor

NACHRICHT = "verweis_beantwortet"  # to the process that waits for the answer


@dataclass(frozen=True, kw_only=True)
class VerweisInfo:
    """A Verweis; ``anliegen`` is shown to the receiver while it is open."""

    key: int
    aktenzeichen: str
    status: str
    anliegen: str | None
    zweck: str
    abschnitte: tuple[str, ...]
    personen: tuple[int, ...]
    empfaenger: str
    empfaenger_name: str
    absender: str
    angeboten_am: datetime
    frist: datetime | None
    beantwortet_am: datetime | None
    ablehnungsgrund: str | None
    beendet_am: datetime | None
    rueckmeldung: str | None


def anbieten(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    empfaenger: str,
    anliegen: str,
    abschnitte: Sequence[str],
    zweck: str = "verweis",
    personen: Sequence[int] | None = None,
    frist: datetime | None = None,
) -> int:
    """Refer to another organisation; returns the key. The sight begins now, if the consent covers it.

    Raises:
        NotFound, NotPermitted: the case is not the own organisation's.
        InvalidInput: recipient, sections, people or concern are missing or unknown.
        EinwilligungFehlt: consent does not cover it.
        Conflict: the case is closed.
    """

    def work(uow: UnitOfWork) -> int:
        policy.require_fall(uow.session, actor, policy.Action.UEBERGABE_OFFER, aktenzeichen, app.clock.today())
        return create(
            uow, aktenzeichen, empfaenger=empfaenger, anliegen=anliegen, abschnitte=abschnitte, zweck=zweck, personen=personen, frist=frist
        )

    return transact(app, actor, work)


def create(
    uow: UnitOfWork,
    aktenzeichen: str,
    *,
    empfaenger: str,
    anliegen: str,
    abschnitte: Sequence[str],
    zweck: str = "verweis",
    personen: Sequence[int] | None = None,
    frist: datetime | None = None,
) -> int:
    """Refer within the caller's unit of work; the right to do so was asked before. Raises as :func:`anbieten`."""
    verantwortung.lock_open(uow, aktenzeichen)
    holder = str(fakten.load(uow.session, aktenzeichen, uow.app.clock.today())["verantwortliche_organisation"])
    if not anliegen.strip():
        raise InvalidInput(errors={"anliegen": "Bitte nennen Sie das Anliegen."})
    if empfaenger == holder or zweck not in einwilligungen.ZWECKE:
        raise InvalidInput(
            errors={"empfaenger": "Bitte wählen Sie eine andere Stelle."}
            if empfaenger == holder
            else {"zweck": "Bitte wählen Sie aus der Liste."}
        )
    people = list(personen) if personen else faelle.person_keys(uow, aktenzeichen)
    einwilligungen.check_people(uow, aktenzeichen, people)
    chosen = sections.check_shareable(list(abschnitte))
    name = verantwortung.organisation_name(uow, empfaenger)
    lacking = einwilligungen.uncovered(uow, aktenzeichen, empfaenger, zweck, chosen, people)
    if lacking:
        raise EinwilligungFehlt(fehlend=lacking)
    key = uow.key()
    uow.session.execute(
        insert(Verweis).values(
            key=key,
            mandant=uow.actor.mandant,
            aktenzeichen=aktenzeichen,
            status="angeboten",
            anliegen=anliegen.strip(),
            zweck=zweck,
            abschnitte=chosen,
            personen=people,
            empfaenger=empfaenger,
            empfaenger_name=name,
            absender=holder,
            absender_person=uow.actor.login,
            angeboten_am=uow.now,
            frist=frist,
        )
    )
    zeitleiste.notieren(uow, aktenzeichen, "verweis", f"Verweis an {name}", beteiligt=empfaenger, link=key)
    uow.audit("verweis.angeboten", str(key), chain=f"fall:{aktenzeichen}", detail={"empfaenger": empfaenger, "zweck": zweck})
    return key


def _move(app: App, actor: Actor, key: int, action: policy.Action, new: str, satz: str, **values: object) -> None:
    def work(uow: UnitOfWork) -> None:
        query = select(Verweis).where(Verweis.mandant == actor.mandant, Verweis.key == key).execution_options(populate_existing=True)
        row = uow.session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound
        policy.require(actor, action, _target(row))
        verantwortung.lock(uow, row.aktenzeichen)
        row = uow.session.execute(query).scalar_one()
        old, aktenzeichen = row.status, row.aktenzeichen
        status.move(status.VERWEIS, old, new)
        if new == "angenommen":
            lacking = einwilligungen.uncovered(uow, aktenzeichen, row.empfaenger, row.zweck, row.abschnitte, row.personen)
            if lacking:
                raise EinwilligungFehlt(fehlend=lacking)
        moments = {"beantwortet_am": uow.now, "beantwortet_von": actor.login} if new in {"angenommen", "abgelehnt"} else {}
        ended = {} if new == "angenommen" else {"beendet_am": uow.now}
        other = row.absender if actor.organisation == row.empfaenger else row.empfaenger
        zeitleiste.notieren(uow, aktenzeichen, "verweis", f"{satz}: {row.empfaenger_name}", beteiligt=other, link=key)
        uow.session.execute(update(Verweis).where(Verweis.key == key).values(status=new, **moments, **ended, **values))
        uow.audit(f"verweis.{new}", str(key), chain=f"fall:{aktenzeichen}", detail={"von": old, "nach": new})
        if new != "widerrufen":
            uow.app.publish(uow, NACHRICHT, str(key), {"verweis_stand": new, "ablehnungsgrund": values.get("ablehnungsgrund")})

    transact(app, actor, work)


def end(uow: UnitOfWork, key: int, *, erledigt: bool) -> None:
    """The process that referred is through: the sight ends. One that is over already stays as it is.

    ``erledigt``: the result reached the sender on another way, by telephone for example. Raises NotFound.
    """
    row = uow.session.execute(select(Verweis).where(Verweis.mandant == uow.actor.mandant, Verweis.key == key)).scalar_one_or_none()
    if row is None:
        raise NotFound
    verantwortung.lock(uow, row.aktenzeichen)
    uow.session.refresh(row)
    if row.status not in policy.OFFEN:
        return
    old, new = row.status, "erledigt" if erledigt else "widerrufen"
    if erledigt and old == "angeboten":
        old = status.move(status.VERWEIS, old, "angenommen")
    status.move(status.VERWEIS, old, new)
    zeitleiste.notieren(
        uow, row.aktenzeichen, "verweis", f"Verweis {'erledigt' if erledigt else 'zurückgezogen'}: {row.empfaenger_name}",
        beteiligt=row.empfaenger, link=key,
    )  # fmt: skip
    uow.audit(f"verweis.{new}", str(key), chain=f"fall:{row.aktenzeichen}", detail={"nach": new})
    uow.session.execute(update(Verweis).where(Verweis.key == key).values(status=new, beendet_am=uow.now))


def _target(row: Verweis) -> policy.UebergabeTarget:
    return policy.UebergabeTarget(mandant=row.mandant, absender=row.absender, empfaenger=row.empfaenger, status=row.status)


def beantworten(app: App, actor: Actor, *, verweis: int, angenommen: bool, ablehnungsgrund: str | None = None) -> None:
    """The other organisation helps, or not (the sight ends).

    Raises:
        NotFound, NotPermitted, EinwilligungFehlt, Conflict.
        InvalidInput: a refusal without a reason of ``uebergaben.ABLEHNUNGSGRUENDE``.
    """
    if not angenommen and ablehnungsgrund not in ABLEHNUNGSGRUENDE:
        raise InvalidInput(errors={"ablehnungsgrund": "Bitte wählen Sie einen Grund."})
    _move(
        app,
        actor,
        verweis,
        policy.Action.UEBERGABE_ANSWER,
        "angenommen" if angenommen else "abgelehnt",
        "Verweis angenommen" if angenommen else "Verweis abgelehnt",
        ablehnungsgrund=None if angenommen else ablehnungsgrund,
    )


def erledigen(app: App, actor: Actor, *, verweis: int, rueckmeldung: str) -> None:
    """The other organisation reports what came of it; the sight ends.

    Raises:
        NotFound, NotPermitted, Conflict.
        InvalidInput: no report.
    """
    if not rueckmeldung.strip():
        raise InvalidInput(errors={"rueckmeldung": "Bitte schreiben Sie eine kurze Rückmeldung."})
    _move(app, actor, verweis, policy.Action.UEBERGABE_ANSWER, "erledigt", "Verweis erledigt", rueckmeldung=rueckmeldung.strip())


def zurueckziehen(app: App, actor: Actor, *, verweis: int) -> None:
    """The sender ends the Verweis; so does the sight.

    Raises:
        NotFound, NotPermitted, Conflict.
    """
    _move(app, actor, verweis, policy.Action.UEBERGABE_OFFER, "widerrufen", "Verweis zurückgezogen")


def auflisten(app: App, actor: Actor, *, aktenzeichen: str | None = None) -> tuple[VerweisInfo, ...]:
    """Verweise from or to the own organisation, the newest first; ``aktenzeichen``: of one case."""

    def work(uow: UnitOfWork) -> tuple[VerweisInfo, ...]:
        query = select(Verweis).where(Verweis.mandant == actor.mandant).order_by(Verweis.key.desc())
        if not actor.has_role("system"):
            query = query.where((Verweis.absender == actor.organisation) | (Verweis.empfaenger == actor.organisation))
        if aktenzeichen is not None:
            query = query.where(Verweis.aktenzeichen == aktenzeichen)
        rows = [r for r in uow.session.execute(query).scalars() if policy.may(actor, policy.Action.UEBERGABE_READ, _target(r))]
        return tuple(
            VerweisInfo(
                key=r.key,
                aktenzeichen=r.aktenzeichen,
                status=r.status,
                anliegen=r.anliegen if actor.organisation != r.empfaenger or r.status in policy.OFFEN else None,
                zweck=r.zweck,
                abschnitte=tuple(r.abschnitte),
                personen=tuple(r.personen),
                empfaenger=r.empfaenger,
                empfaenger_name=r.empfaenger_name,
                absender=r.absender,
                angeboten_am=r.angeboten_am,
                frist=r.frist,
                beantwortet_am=r.beantwortet_am,
                ablehnungsgrund=r.ablehnungsgrund,
                beendet_am=r.beendet_am,
                rueckmeldung=r.rueckmeldung,
            )
            for r in rows
        )

    return read(app, actor, work)
