"""Demo data: one Mandant for each Kommunalprofil, its organisations, and one person for each role. All names are invented.

What is there already stays as it is, so loading again changes nothing that somebody has done since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from processes import profil
from services import demo_faelle
from services.anmeldung import hash_password
from services.context import Actor, system_actor
from services.db.models.grundlage import Benutzer, MandantRow, Organisation
from services.fall import faelle
from services.fall.sortierung import fold, sort_key
from services.unit_of_work import UnitOfWork, read, transact

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
    # Runs whole cases over /v2 by itself, so it has every role and function of the work on cases.
    ("verwaltung", "Viktor", "Waldau", ("verwaltung", "koordination", "fallmanagement"),
     ("servicestelle", "fallmanagement", "koordination", "asylbetreuung", "buergerservice")),
)
# People of further functions and organisations, in the first Mandant only: log-in, first name, last name, organisation, roles, functions.
FURTHER = (
    ("prozess", "Jonas", "Brandner", "stadt_moers", ("prozessverantwortung",), ()),
    ("buergerservice", "Hanna", "Vogtmann", "stadt_moers", ("fallmanagement",), ("buergerservice",)),
    ("asylbetreuung", "Nils", "Lindqvist", "stadt_moers", ("fallmanagement",), ("asylbetreuung", "unterkunftsverwaltung")),
    ("awo", "Marta", "Selinger", "awo_fluechtlingsberatung", ("partner", "fallmanagement"), ()),
    ("migrationsberatung", "Elif", "Aydemir", "awo_migrationsberatung", ("partner", "fallmanagement"), ()),
    ("caritas", "Leo", "Hagedorn", "caritas_migrationsberatung", ("partner", "fallmanagement"), ()),
    ("ib", "Sina", "Okonjo", "ib_jugendmigrationsdienst", ("partner", "fallmanagement"), ()),
    ("jobcenter", "Rolf", "Tiedemann", "jobcenter_kreis_wesel", ("partner", "fallmanagement"), ("jobcenter",)),
)


def load(app: App) -> None:
    """Create what is missing. Raises nothing that a second call would not mend."""
    for name in profil.namen():
        settings = profil.load(name)
        transact(app, system_actor(name), lambda uow, settings=settings: _load(uow, settings))  # type: ignore[misc]  # a default binds the loop variable


def load_faelle(app: App) -> None:
    """Invented cases in the first Mandant, if its models are deployed; what is there already stays as it is."""
    def people(uow: UnitOfWork) -> list[Actor]:
        return [Actor(login=b.login, name=b.name, mandant=b.mandant, organisation=b.organisation, roles=frozenset(b.rollen),
                      functions=frozenset(b.funktionen)) for b in uow.session.scalars(select(Benutzer).order_by(Benutzer.login))]
    def deployed(uow: UnitOfWork) -> bool:
        return bool(uow.session.execute(text("select exists (select 1 from process_definition where process_id = :p)"),
                                        {"p": faelle.PROZESS}).scalar_one())
    if not read(app, system_actor(FIRST), deployed):
        return
    actors = {actor.login: actor for actor in read(app, system_actor(FIRST), people)}
    colleagues = [actors[login] for login in ("buergerservice", "asylbetreuung", "koordination") if login in actors]
    demo_faelle.load(app, actors[PEOPLE[0][0]], colleagues)


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
    people = [(login, first, last, other if "partner" in roles else own, roles, functions)
              for login, (_, first, last, roles, functions) in zip(logins(mandant), PEOPLE, strict=True)]
    if mandant == FIRST:
        keys = {o.key for o in settings.organisationen}
        people += [row for row in FURTHER if row[3] in keys]
    missing = [row for row in people if row[0] not in known]
    stored = hash_password(PASSWORD) if missing else ""  # one hash for all: hashing is slow on purpose, and the password is published
    for login, first, last, organisation_key, roles, functions in missing:
        session.execute(insert(Benutzer).values(
            login=login, mandant=mandant, name=f"{first} {last}", sort_key=sort_key(last, first), mail=f"{login}@{mandant}.example",
            organisation=organisation_key, rollen=list(roles), funktionen=list(functions), passwort_hash=stored,
        ).on_conflict_do_nothing())
