"""Rechtskreise of a case and of its people.

What holds for everybody in the case (``gemeinsam``) holds for each member without own ones; an empty list of her own says that she
gets no benefits. The Rechtskreise of the case are the union over its members, derived by :func:`ableiten` and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from services import policy
from services.db.models.fall import MITGLIED, Fall, Person
from services.errors import InvalidInput
from services.fall import fakten, verantwortung, zeitleiste, zugriffe
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from services.bootstrap import App
    from services.context import Actor

AUS_DER_LISTE = "Bitte wählen Sie aus der Liste."
GRUND_MAX = 2000


def geordnet(werte: Collection[str]) -> list[str]:
    """Each once, in the order of ``fakten.RECHTSKREISE``."""
    return [r for r in fakten.RECHTSKREISE if r in werte]


def wirksam(eigene: Sequence[str] | None, gemeinsam: Sequence[str]) -> list[str]:
    """Those that hold for a person: her own, else those of everybody."""
    return list(gemeinsam if eigene is None else eigene)


def pruefen(feld: str, werte: Sequence[str] | None, errors: dict[str, str]) -> None:
    """Note a sentence about ``feld`` where a value is none of the list."""
    if set(werte or ()) - set(fakten.RECHTSKREISE):
        errors[feld] = AUS_DER_LISTE


def ableiten(uow: UnitOfWork, aktenzeichen: str) -> list[str]:
    """Write the Rechtskreise of the case as the union over its members; expressions see them at once.

    A case that has no member yet has those of everybody. Call it after every change of a member, of ``gemeinsam`` or of own ones.
    """
    of_fall = (Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == aktenzeichen)
    gemeinsam = uow.session.execute(select(Fall.rechtskreise_gemeinsam).where(*of_fall)).scalar_one()
    eigene = _eigene(uow, aktenzeichen)
    union = geordnet({r for own in eigene.values() for r in wirksam(own, gemeinsam)} if eigene else set(gemeinsam))
    uow.session.execute(update(Fall).where(*of_fall).values(rechtskreise=union))
    fakten.forget(uow.session)
    return union


def gemeinsam_schreiben(uow: UnitOfWork, aktenzeichen: str, werte: Collection[str]) -> None:
    """What holds for everybody without own ones, within the caller's unit of work."""
    uow.session.execute(
        update(Fall)
        .where(Fall.mandant == uow.actor.mandant, Fall.aktenzeichen == aktenzeichen)
        .values(rechtskreise_gemeinsam=geordnet(werte))
    )
    ableiten(uow, aktenzeichen)


def aus_leistungen(uow: UnitOfWork, aktenzeichen: str, liste: object, bezieht_sgb2: bool | None) -> None:
    """What a form said about the benefits of the case as a whole; members with own ones keep them.

    ``liste``: a list of Rechtskreise, anything else says nothing. ``bezieht_sgb2``: None says nothing; a yes is true already where one member is.
    """
    fall = verantwortung.lock(uow, aktenzeichen)
    active, known = set(fall.rechtskreise_gemeinsam), set(fall.rechtskreise)
    if isinstance(liste, list):
        active = known = set(liste)
    if bezieht_sgb2 is False:
        active = active - {"sgb2"}
    elif bezieht_sgb2 and "sgb2" not in known:
        active = active | {"sgb2"}
    if active != set(fall.rechtskreise_gemeinsam):
        gemeinsam_schreiben(uow, aktenzeichen, active)


def setzen(
    app: App,
    actor: Actor,
    *,
    aktenzeichen: str,
    grund: str,
    gemeinsam: Sequence[str] | None = None,
    personen: Mapping[int, Sequence[str] | None] | None = None,
) -> None:
    """Write down which Rechtskreise hold (several may), for everybody in the case and for single members.

    Args:
        app: The application.
        actor: Who does so.
        aktenzeichen: The case.
        grund: Why that is so from now on; stands in the audit.
        gemeinsam: For everybody without own ones; None leaves them as they are.
        personen: Key of a member -> her own ones, None: as the case. Members who are not named keep what they have.

    Raises:
        NotFound, NotPermitted, Conflict: the case is closed.
        InvalidInput: see ``errors`` (``grund``, ``rechtskreise``, ``personen.<key>``).
    """
    wanted = dict(personen or {})
    errors: dict[str, str] = {}
    if not grund.strip():
        errors["grund"] = "Bitte geben Sie an, warum sich der Rechtskreis ändert."
    elif len(grund) > GRUND_MAX:
        errors["grund"] = f"Bitte höchstens {GRUND_MAX} Zeichen."
    pruefen("rechtskreise", gemeinsam, errors)
    for key, own in wanted.items():
        pruefen(f"personen.{key}", own, errors)
    if errors:
        raise InvalidInput(errors=errors)

    def work(uow: UnitOfWork) -> None:
        policy.require_fall(uow.session, actor, policy.Action.FALL_WRITE, aktenzeichen, app.clock.today())
        _schreiben(uow, aktenzeichen, gemeinsam, wanted, grund.strip())

    transact(app, actor, work)


def wechseln(uow: UnitOfWork, aktenzeichen: str, personen: Sequence[int], rechtskreise: Sequence[str], grund: str) -> None:
    """Exactly these members change (built-in job); nobody else does.

    Where all members have the same afterwards, it is again what holds for everybody, so that somebody who joins later has it too.
    A process that began before somebody left the case may still name her: she is passed over.

    Raises:
        InvalidInput: an unknown person or Rechtskreis, or nobody is named.
        Conflict: the case is closed.
    """
    errors: dict[str, str] = {}
    pruefen("rechtskreise", rechtskreise, errors)
    if not personen:
        errors["personen"] = "Bitte nennen Sie mindestens eine Person."
    if errors:
        raise InvalidInput(errors=errors)
    fall = verantwortung.lock_open(uow, aktenzeichen)
    personen = _ohne_ehemalige(uow, aktenzeichen, personen)
    if not personen:
        return
    new = geordnet(rechtskreise)
    after = {**_eigene(uow, aktenzeichen), **dict.fromkeys(personen, new)}
    if all(wirksam(own, fall.rechtskreise_gemeinsam) == new for own in after.values()):
        _schreiben(uow, aktenzeichen, new, dict.fromkeys(after), grund)
    else:
        _schreiben(uow, aktenzeichen, None, dict.fromkeys(personen, new), grund)


def _ohne_ehemalige(uow: UnitOfWork, aktenzeichen: str, personen: Sequence[int]) -> list[int]:
    gone = select(Person.key).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, ~MITGLIED)
    former = set(uow.session.execute(gone).scalars())
    return [key for key in personen if key not in former]


def _eigene(uow: UnitOfWork, aktenzeichen: str) -> dict[int, list[str] | None]:
    rows = uow.session.execute(
        select(Person.key, Person.rechtskreise).where(Person.mandant == uow.actor.mandant, Person.aktenzeichen == aktenzeichen, MITGLIED)
    )
    return {row.key: row.rechtskreise for row in rows}


def _schreiben(
    uow: UnitOfWork, aktenzeichen: str, gemeinsam: Sequence[str] | None, personen: Mapping[int, Sequence[str] | None], grund: str
) -> None:
    fall = verantwortung.lock_open(uow, aktenzeichen)
    before, eigene = {"fall": fall.rechtskreise, "gemeinsam": fall.rechtskreise_gemeinsam}, _eigene(uow, aktenzeichen)
    if unknown := set(personen) - set(eigene):
        raise InvalidInput(errors={f"personen.{key}": "Diese Person gehört nicht zu diesem Fall." for key in sorted(unknown)})
    everybody = before["gemeinsam"] if gemeinsam is None else geordnet(gemeinsam)
    changed = {key: None if own is None else geordnet(own) for key, own in personen.items()}
    changed = {key: own for key, own in changed.items() if own != eigene[key]}
    for key, own in changed.items():
        uow.session.execute(update(Person).where(Person.mandant == uow.actor.mandant, Person.key == key).values(rechtskreise=own))
    gemeinsam_schreiben(uow, aktenzeichen, everybody)
    if everybody == before["gemeinsam"] and not changed:
        return
    after = {**eigene, **changed}
    detail = {
        "von": before["fall"],
        "an": ableiten(uow, aktenzeichen),
        "gemeinsam": [before["gemeinsam"], everybody],
        "personen": [[key, eigene[key], own] for key, own in sorted(changed.items())],
    }
    uow.audit("fall.rechtskreise", aktenzeichen, chain=f"fall:{aktenzeichen}", reason=grund, detail=detail)
    zugriffe.vermerken(uow, aktenzeichen, zugriffe.GESCHRIEBEN, ["leistungen"], "Rechtskreise ändern")
    moved = [key for key in eigene if wirksam(eigene[key], before["gemeinsam"]) != wirksam(after[key], everybody)]
    if len(moved) == len(eigene) or everybody != before["gemeinsam"]:
        zeitleiste.notieren(uow, aktenzeichen, "fall", "Rechtskreise geändert")
    elif moved:
        who = "einer Person" if len(moved) == 1 else f"von {len(moved)} Personen"
        zeitleiste.notieren(uow, aktenzeichen, "fall", f"Rechtskreis {who} geändert")
