"""Things that tests start from: two Mandanten with organisations and people, an application with fake ports, a pinned clock."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg

from processes import profil
from services.bootstrap import App
from services.context import Actor
from services.db.session import make_session_factory
from services.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

START = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)


class Uhr:
    """A clock that moves only by hand."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def today(self) -> date:
        return self._now.astimezone(ZoneInfo("Europe/Berlin")).date()

    def advance(self, **parts: float) -> None:
        self._now += timedelta(**parts)

    def set(self, now: datetime) -> None:
        self._now = now


@dataclass(frozen=True)
class Published:
    """A message on its way to the processes."""

    name: str
    key: str
    variables: dict[str, Any]


@dataclass(kw_only=True)
class FakeApp(App):
    """An application whose doors to the engine and to mail only write down what passes; rows of a rolled back command stay listed."""

    published: list[Published] = field(default_factory=list)
    started: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)  # (process id, Aktenzeichen, variables)
    mails: list[dict[str, Any]] = field(default_factory=list)

    def start_process(self, uow: Any, actor: Actor, process_id: str, variables: dict[str, Any], business_id: str) -> int:
        self.started.append((process_id, business_id, dict(variables)))
        return uow.key()

    def publish(self, uow: Any, name: str, key: str, variables: dict[str, Any]) -> None:
        self.published.append(Published(name, key, dict(variables)))

    def defer_mail(self, session: Any, *, mandant: str, key: str, an: str, vorlage: str, daten: dict[str, Any]) -> None:
        self.mails.append({"mandant": mandant, "key": key, "an": an, "vorlage": vorlage, "daten": daten})


@functools.cache
def _profil(mandant: str) -> SimpleNamespace:
    """The rules and words of the shipped profile, with an Aktenzeichen that tells the Mandanten of a test apart."""
    shipped = profil.load(mandant) if mandant in profil.namen() else None
    return SimpleNamespace(aktenzeichen_praefix=mandant[:2].upper(), regel=shipped.regel if shipped else {}, beschriftung=shipped.beschriftung if shipped else {})


def make_app(engine: Engine, *, clock: Uhr | None = None) -> FakeApp:
    """An application on this engine; the engine side and mail are only written down."""
    return FakeApp(
        settings=Settings(data_dir=Path("/nonexistent"), testmodus=True), engine=engine, sessions=make_session_factory(engine),
        clock=clock or Uhr(), handlers={}, facts=lambda _session, _akte: {}, profil_of=_profil)


# (Mandant, key, name, art, Rechtskreis, places)
ORGANISATIONEN = (
    ("moers", "servicestelle_zuwanderung", "Servicestelle Zuwanderung", "kommune", "asylblg", None),
    ("moers", "awo", "AWO Flüchtlingsberatungsstelle", "traeger", None, 2),
    ("moers", "caritas", "Caritas Migrationsberatung", "traeger", None, 1),
    ("moers", "ib", "IB Jugendmigrationsdienst", "traeger", None, 0),
    ("moers", "jobcenter", "Jobcenter", "behoerde", "sgb2", None),
    ("koeln", "kim_koeln", "KIM Köln", "kommune", "asylblg", None),
)
# (login, Mandant, name, organisation, roles, functions)
BENUTZER = (
    ("falkenrath", "moers", "Ines Falkenrath", "servicestelle_zuwanderung", ("fallmanagement",), ("servicestelle", "fallmanagement")),
    ("brueggen", "moers", "Lena Brüggen", "servicestelle_zuwanderung", ("fallmanagement",), ("fallmanagement",)),
    ("osterkamp", "moers", "Bernd Osterkamp", "servicestelle_zuwanderung", ("koordination",), ("koordination",)),
    ("wieland", "moers", "Jana Wieland", "awo", ("partner", "fallmanagement"), ()),
    ("lindqvist", "moers", "Nils Lindqvist", "caritas", ("partner",), ()),
    ("dsb", "moers", "Dora Sandberg", "servicestelle_zuwanderung", ("datenschutz",), ()),
    ("prozess", "moers", "Paula Rosen", "servicestelle_zuwanderung", ("prozessverantwortung",), ()),
    ("verwaltung", "moers", "Viktor Waldau", "servicestelle_zuwanderung", ("verwaltung",), ()),
    ("domhoff", "koeln", "Karla Domhoff", "kim_koeln", ("fallmanagement", "koordination"), ("fallmanagement", "koordination")),
)


def seed(owner_url: str) -> None:
    """Rows of the two Mandanten, written by the owner."""
    with psycopg.connect(owner_url) as connection:
        cursor = connection.cursor()
        cursor.executemany(
            "insert into etappe.mandant (mandant, name, profil) values (%s, %s, %s)",
            [("moers", "Stadt Moers", "moers"), ("koeln", "Stadt Köln", "koeln")],
        )
        cursor.executemany(
            "insert into etappe.organisation (mandant, key, name, sort_key, art, rechtskreis, kapazitaet) values (%s, %s, %s, %s, %s, %s, %s)",
            [(m, k, n, n.lower(), a, r, c) for m, k, n, a, r, c in ORGANISATIONEN],
        )
        cursor.executemany(
            "insert into etappe.benutzer (login, mandant, name, sort_key, organisation, rollen, funktionen, passwort_hash) "
            "values (%s, %s, %s, %s, %s, %s, %s, '')",
            [(login, m, n, n.lower(), o, list(r), list(f)) for login, m, n, o, r, f in BENUTZER],
        )


def actor(login: str, /, **changes: Any) -> Actor:
    """The person of :data:`BENUTZER` with this log-in."""
    for name, mandant, full, organisation, roles, functions in BENUTZER:
        if name == login:
            return replace(
                Actor(
                    login=name,
                    name=full,
                    mandant=mandant,
                    organisation=organisation,
                    roles=frozenset(roles),
                    functions=frozenset(functions),
                ),
                **changes,
            )
    raise LookupError(login)
