"""The search for cases by name or Aktenzeichen: exactly what the policy shows, however many cases bear a name.

A first name is borne by thousands in a large Kommune, and the policy cannot be asked about all of them for one page. So the
matches are looked at in the order of the list until the page is full. Whoever sees few cases at all, or next to nothing of the
matches, is answered from the other end: what the person may see is compared with the name. The work of a page is bounded either way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Boolean, Integer, Text, bindparam, column, select, text

from services import policy
from services.db.models.fall import FallZaehler
from services.fall import freigaben, sortierung
from services.fall.faelle_liste import SEITE_MAX, FallZeile, zeilen
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.bootstrap import App
    from services.context import Actor

ERSTER_BLICK = 100  # matches asked about first: enough for whoever sees most of them
HOECHSTENS = 1000  # matches asked about at all
SEHR_WENIGE = 500  # who sees no more cases than these is answered from there at once
WENIGE = 5000  # who sees no more cases than these has them compared with the name
MATCHES = (
    text("select aktenzeichen, nach_name from faelle_treffer(:woerter, :nummern, :anfang, :unter, :anzahl)")
    .bindparams(
        bindparam("woerter", type_=ARRAY(Text)),
        bindparam("nummern", type_=ARRAY(Text)),
        bindparam("anfang", type_=Text),
        bindparam("unter", type_=ARRAY(Text)),
        bindparam("anzahl", type_=Integer),
    )
    .columns(column("aktenzeichen", Text), column("nach_name", Boolean))
)


@dataclass(frozen=True, kw_only=True)
class Treffer:
    """The first visible matches, by name. ``weitere``: there are more of them.

    ``vollstaendig`` is False only for somebody who sees very many cases, but hardly one of the first thousands that bear this
    name: more letters are needed then to say what else there is.
    """

    zeilen: tuple[FallZeile, ...]
    weitere: bool
    vollstaendig: bool = True


@dataclass(frozen=True, kw_only=True)
class Gesucht:
    """What was typed, as the database compares it: folded words of a name, whole Aktenzeichen, the beginning of one."""

    woerter: list[str]
    nummern: list[str]
    anfang: str | None


def suchen(app: App, actor: Actor, *, suche: str, grenze: int = 20) -> Treffer:
    """Cases, open or closed, by name or Aktenzeichen; a name that is not lent to the reader finds nothing."""
    if not suche.strip():
        return Treffer(zeilen=(), weitere=False)
    limit = min(grenze, SEITE_MAX)

    def work(uow: UnitOfWork) -> Treffer:
        found, complete = _visible(uow, actor, _understood(uow, actor, suche), limit + 1)
        lines = zeilen(uow, actor, list(found)[:limit], found)
        return Treffer(zeilen=lines, weitere=len(found) > limit or not complete, vollstaendig=complete)

    return read(app, actor, work)


def _understood(uow: UnitOfWork, actor: Actor, wanted: str) -> Gesucht:
    number = re.sub(r"\s+", "", wanted).upper()
    numbers: list[str] = []
    beginning = None
    if number.isdecimal():  # the running number alone, of any year
        years = uow.session.scalars(select(FallZaehler.jahr).where(FallZaehler.mandant == actor.mandant))
        prefix = uow.app.profil_of(actor.mandant).aktenzeichen_praefix
        numbers = [f"{prefix}-{year}-{int(number):04}" for year in years]
    elif any(c.isdecimal() for c in number) and number.isascii():
        beginning = number
    return Gesucht(woerter=sortierung.fold(wanted).split(), nummern=numbers, anfang=beginning)


def _visible(uow: UnitOfWork, actor: Actor, wanted: Gesucht, needed: int) -> tuple[dict[str, bool], bool]:
    """The first visible matches (Aktenzeichen -> whether the actor belongs to the case), and whether that is all there is to say."""
    today = uow.app.clock.today()
    mine = policy.few_visible(uow.session, actor, today, SEHR_WENIGE)
    if mine is not None:
        matches = _matches(uow, wanted, SEHR_WENIGE, among=mine)
        return dict(list(_seen(uow, actor, matches).items())[:needed]), True
    matches = _matches(uow, wanted, ERSTER_BLICK + 1)
    found = _seen(uow, actor, matches[:ERSTER_BLICK])
    complete = len(found) >= needed or len(matches) <= ERSTER_BLICK
    if not complete:
        mine = policy.few_visible(uow.session, actor, today, WENIGE)
        matches = _matches(uow, wanted, HOECHSTENS + 1, among=mine)
        found |= _seen(uow, actor, [m for m in matches[:HOECHSTENS] if m[0] not in found])
        found = {a: found[a] for a, _ in matches if a in found}
        complete = len(found) >= needed or len(matches) <= HOECHSTENS
    return dict(list(found.items())[:needed]), complete


def _matches(uow: UnitOfWork, wanted: Gesucht, limit: int, among: Sequence[str] | None = None) -> list[tuple[str, bool]]:
    """The first cases that bear the name or number, in the order of the list, each with whether the name found it."""
    rows = uow.session.execute(
        MATCHES,
        {
            "woerter": wanted.woerter,
            "nummern": wanted.nummern,
            "anfang": wanted.anfang,
            "unter": None if among is None else list(among),
            "anzahl": limit,
        },
    )
    return [(row.aktenzeichen, row.nach_name) for row in rows]


def _seen(uow: UnitOfWork, actor: Actor, matches: Sequence[tuple[str, bool]]) -> dict[str, bool]:
    """Of these matches those that the actor may see, in their order. Only a name that is lent finds a case seen by a loan."""
    today = uow.app.clock.today()
    sight = policy.sight(uow.session, actor, today, [aktenzeichen for aktenzeichen, _ in matches])
    by_name = [a for a, named in matches if named and sight.get(a) is False]
    lent = freigaben.lent_in(uow.session, actor, by_name, today)
    nameless = {a for a in by_name if not any(f.abschnitt == "stammdaten" for f in lent.get(a, ()))}
    return {a: sight[a] for a, _ in matches if a in sight and a not in nameless}
