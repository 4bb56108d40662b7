"""Demo data: a Mandant with the network and the people of its Kommunalprofil, Moers by default. All names are invented.

What is there already stays as it is, so loading again changes nothing that somebody has done since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from processes import profil
from services import demo_faelle, demo_wege
from services.anmeldung import hash_password
from services.context import Actor, system_actor
from services.db.models.grundlage import Benutzer, MandantRow, Organisation
from services.demo_personen import FIRST, logins, personen
from services.fall import faelle
from services.fall.sortierung import fold, sort_key
from services.policy import BETEILIGT
from services.unit_of_work import UnitOfWork, read, transact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processes.profil import Profil
    from services.bootstrap import App

__all__ = ["FIRST", "PASSWORD", "load", "load_faelle", "logins", "personen"]

PASSWORD = "demo"  # noqa: S105  published on purpose: the log-ins exist in demonstrations only

def load(app: App, kommunen: Iterable[str] = (FIRST,)) -> None:
    """Create what is missing. Raises nothing that a second call would not mend.

    Args:
        app: The application.
        kommunen: Names of the profiles whose Mandanten are wanted.

    Raises:
        InvalidProfil: there is no profile of this name.
    """
    for name in kommunen:
        settings = profil.load(name)
        transact(app, system_actor(name), lambda uow, settings=settings: _load(uow, settings))  # type: ignore[misc]  # a default binds the loop variable


def load_faelle(app: App, kommunen: Iterable[str] = (FIRST,)) -> None:
    """Invented cases in these Mandanten, where the models are deployed; what is there already stays as it is."""
    for name in kommunen:
        if read(app, system_actor(name), _deployed):
            _load_faelle(app, name)


def _deployed(uow: UnitOfWork) -> bool:
    return bool(uow.session.execute(text("select exists (select 1 from process_definition where process_id = :p)"), {"p": faelle.PROZESS}).scalar_one())


def _people(uow: UnitOfWork) -> list[Actor]:
    return [Actor(login=b.login, name=b.name, mandant=b.mandant, organisation=b.organisation, roles=frozenset(b.rollen),
                  functions=frozenset(b.funktionen)) for b in uow.session.scalars(select(Benutzer).order_by(Benutzer.login))]


def _load_faelle(app: App, kommune: str) -> None:
    actors = {actor.login: actor for actor in read(app, system_actor(kommune), _people)}
    opens = actors[logins(kommune)[0]]
    if kommune == FIRST:
        colleagues = [actors[login] for login in ("buergerservice", "asylbetreuung", "koordination") if login in actors]
    else:
        wanted = demo_wege.WEGE[kommune].eroeffnet
        at_work = [a for a in actors.values() if a.has_role(*BETEILIGT) and not a.has_role("verwaltung")]
        opens = next((a for a in (opens, *at_work) if wanted in (*a.functions, a.organisation)), opens)
        colleagues = [a for a in at_work if a != opens]
    demo_faelle.load(app, opens, colleagues)


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
    missing = [person for person in personen(settings) if person.login not in known]
    stored = hash_password(PASSWORD) if missing else ""  # one hash for all: hashing is slow on purpose, and the password is published
    for person in missing:
        session.execute(insert(Benutzer).values(
            login=person.login, mandant=mandant, name=f"{person.vorname} {person.nachname}", sort_key=sort_key(person.nachname, person.vorname),
            mail=f"{person.login}@{mandant}.example", organisation=person.organisation, rollen=list(person.rollen),
            funktionen=list(person.funktionen), passwort_hash=stored,
        ).on_conflict_do_nothing())
