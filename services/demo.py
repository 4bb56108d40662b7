"""Demo data: one Mandant for each Kommunalprofil, its organisations, and one person for each role. All names are invented.

What is there already stays as it is, so loading again changes nothing that somebody has done since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from processes import profil
from services.anmeldung import hash_password
from services.context import system_actor
from services.db.models.grundlage import Benutzer, MandantRow, Organisation
from services.fall.sortierung import fold, sort_key
from services.unit_of_work import UnitOfWork, transact

if TYPE_CHECKING:
    from processes.profil import Profil
    from services.bootstrap import App

PASSWORD = "demo"  # noqa: S105  published on purpose: the log-ins exist in demonstrations only
FIRST = "moers"  # the Mandant whose log-ins carry no suffix

# login, first name, last name, roles, functions; the person of the role partner belongs to another organisation
PEOPLE = (
    ("fallmanagement", "Ines", "Falkenrath", ("fallmanagement",), ("servicestelle", "fallmanagement")),
    ("koordination", "Bernd", "Osterkamp", ("koordination",), ("koordination", "fallmanagement")),
    ("prozessverantwortung", "Paula", "Rosen", ("prozessverantwortung",), ()),
    ("partner", "Jana", "Wieland", ("partner", "fallmanagement"), ()),
    ("datenschutz", "Dora", "Sandberg", ("datenschutz",), ()),
    ("verwaltung", "Viktor", "Waldau", ("verwaltung",), ()),
)


def load(app: App) -> None:
    """Create what is missing. Raises nothing that a second call would not mend."""
    for name in profil.namen():
        settings = profil.load(name)
        transact(app, system_actor(name), lambda uow, settings=settings: _load(uow, settings))  # type: ignore[misc]  # a default binds the loop variable


def logins(kommune: str) -> tuple[str, ...]:
    """The log-ins of the demo people of a Kommune."""
    return tuple(login if kommune == FIRST else f"{login}-{kommune}" for login, *_ in PEOPLE)


def _load(uow: UnitOfWork, settings: Profil) -> None:
    session, mandant = uow.session, settings.kommune
    session.execute(insert(MandantRow).values(mandant=mandant, name=settings.name, profil=mandant).on_conflict_do_nothing())
    for organisation in settings.organisationen:
        session.execute(insert(Organisation).values(
            mandant=mandant, key=organisation.key, name=organisation.name, sort_key=fold(organisation.name), art=organisation.art,
            rechtskreis=organisation.rechtskreis[0] if organisation.rechtskreis else None, mail=organisation.mail,
            angebote=list(organisation.angebote), sprachen=list(organisation.sprachen), kapazitaet=organisation.kapazitaet,
        ).on_conflict_do_nothing())
    known = set(session.scalars(select(Benutzer.login)))
    own = next(o.key for o in settings.organisationen if o.art == "kommune")
    other = next((o.key for o in settings.organisationen if o.art != "kommune"), own)
    for login, (_, first, last, roles, functions) in zip(logins(mandant), PEOPLE, strict=True):
        if login not in known:
            session.execute(insert(Benutzer).values(
                login=login, mandant=mandant, name=f"{first} {last}", sort_key=sort_key(last, first), mail=f"{login}@{mandant}.example",
                organisation=other if "partner" in roles else own, rollen=list(roles), funktionen=list(functions),
                passwort_hash=hash_password(PASSWORD),
            ).on_conflict_do_nothing())
