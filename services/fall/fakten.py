"""The routing facts of a case: what expressions see as ``fall``. No names, no free text (decision D7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from services.db.models.fall import MITGLIED, Fall, Fallverantwortung, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from engine.clock import Clock

RECHTSKREISE = ("asylblg", "sgb2", "sgb3", "sgb8", "sgb12")
AUFENTHALT = (
    "asylverfahren",
    "bleiberecht",
    "duldung",
    "eu_freizuegigkeit",
    "visum_drei_monate",
    "gesundheitsvisum",
    "studium",
    "unbegleitet_minderjaehrig",
)
CACHE = "fakten"


def age(born: date | None, today: date) -> int | None:
    """Completed years of life on this day (§ 187 Abs. 2 BGB: the day of birth counts); 29 February counts from 1 March."""
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def parse_date(value: object) -> date | None:
    """A date as a form stores it (ISO 8601 text); None for anything else."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


class Fakten(Mapping[str, Any]):
    """Read at the first access, in one statement, and again after :func:`forget`. Empty if there is no such case."""

    def __init__(self, session: Session, aktenzeichen: str, today: date) -> None:
        self._session, self._aktenzeichen, self._today = session, aktenzeichen, today

    def _values(self) -> dict[str, Any]:
        cache: dict[str, dict[str, Any]] = self._session.info.setdefault(CACHE, {})
        if self._aktenzeichen not in cache:
            cache[self._aktenzeichen] = load(self._session, self._aktenzeichen, self._today)
        return cache[self._aktenzeichen]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  a FEEL value
        return self._values()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())


def forget(session: Session) -> None:
    """A fact has changed within this transaction: the next expression reads it anew."""
    session.info.pop(CACHE, None)


def facts(session: Session, aktenzeichen: str, *, today: date) -> Mapping[str, Any]:
    """The facts of a case, lazily read; the keys are those of docs/architektur.md. ``id`` of a person is its key as text."""
    return Fakten(session, aktenzeichen, today)


def reader(clock: Clock) -> Callable[[Session, str], Mapping[str, Any]]:
    """What the composition root gives to ``App.facts``."""
    return lambda session, aktenzeichen: Fakten(session, aktenzeichen, clock.today())


def load(session: Session, aktenzeichen: str, today: date) -> dict[str, Any]:
    """The facts as a plain dictionary."""
    people = (
        select(func.json_agg(func.json_build_array(Person.key, Person.geburtsdatum, Person.hauptperson, Person.aufenthalt, Person.rechtskreise)))
        .where(Person.mandant == Fall.mandant, Person.aktenzeichen == Fall.aktenzeichen, MITGLIED)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Fall.mandant,
            Fall.phase,
            Fall.federfuehrend,
            Fall.rechtskreise,
            Fall.rechtskreise_gemeinsam,
            Fallverantwortung.login,
            Fallverantwortung.organisation,
            people.label("personen"),
        )
        .join(
            Fallverantwortung,
            and_(
                Fallverantwortung.mandant == Fall.mandant,
                Fallverantwortung.aktenzeichen == Fall.aktenzeichen,
                Fallverantwortung.bis.is_(None),
            ),
        )
        .where(Fall.aktenzeichen == aktenzeichen)
    ).one_or_none()
    if row is None:
        return {}
    personen = sorted(row.personen or [], key=lambda p: (not p[2], p[0]))
    values = [
        {
            "id": str(key),
            "alter": age(date.fromisoformat(born) if born else None, today),
            "hauptperson": main,
            "rechtskreise": list(row.rechtskreise_gemeinsam if own is None else own),
        }
        for key, born, main, _, own in personen
    ]
    return {
        "aktenzeichen": aktenzeichen,
        "kommune": row.mandant,
        "phase": row.phase,
        "verantwortlich": row.login,
        "verantwortliche_organisation": row.organisation,
        # By law the lead lies with the holder unless it was put elsewhere (§ 14 SGB II).
        "federfuehrende_organisation": row.federfuehrend or row.organisation,
        "rechtskreise": list(row.rechtskreise),
        "anzahl_personen": len(values),
        "alter": values[0]["alter"] if values else None,
        "aufenthalt": personen[0][3] if personen else None,
        "bezieht_sgb2": "sgb2" in row.rechtskreise,
        "personen": values,
    }
