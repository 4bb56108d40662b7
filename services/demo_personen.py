"""The people of a demo Mandant, from its Kommunalprofil: one for each role, and one for each organisation that has a function.

All names are invented. The first Mandant has a list of its own, because its cases and pictures name these people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.profil import Profil

FIRST = "moers"  # the Mandant whose log-ins carry no suffix

# login, first name, last name, roles, functions in the first Mandant; the person of the role partner belongs to another organisation
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
NAMES = (("Alina", "Berghaus"), ("Carsten", "Dombrowa"), ("Edda", "Frerichs"), ("Goran", "Hellwege"), ("Ilka", "Jansing"), ("Kofi", "Lohmann"),
         ("Mira", "Nordhoff"), ("Oskar", "Petri"), ("Rabea", "Sievert"), ("Timur", "Ulbrich"), ("Vera", "Wessling"), ("Yann", "Zurhelle"))


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """One log-in of a demo Mandant.

    Attributes:
        login: Log-in, unique in the installation.
        vorname: First name.
        nachname: Last name.
        organisation: Key of the organisation she belongs to.
        rollen: Roles in the application.
        funktionen: Functions; tasks for these reach her.
    """

    login: str
    vorname: str
    nachname: str
    organisation: str
    rollen: tuple[str, ...]
    funktionen: tuple[str, ...]


def logins(kommune: str) -> tuple[str, ...]:
    """The log-ins of the roles in the Mandant of a Kommune."""
    return tuple(login if kommune == FIRST else f"{login}-{kommune}" for login, *_ in PEOPLE)


def personen(settings: Profil) -> list[DemoPerson]:
    """The people of the Mandant with this profile."""
    keys = {o.key for o in settings.organisationen}
    own = next(o.key for o in settings.organisationen if o.art == "kommune")
    other = next((o.key for o in settings.organisationen if o.art not in {"kommune", "gremium"}), own)
    found = []
    for login, (role, first, last, rollen, functions) in zip(logins(settings.kommune), PEOPLE, strict=True):
        organisation, funktionen = other if "partner" in rollen else own, functions
        if settings.kommune != FIRST:
            organisation, funktionen = _place(settings, role, organisation, functions)
        found.append(DemoPerson(login=login, vorname=first, nachname=last, organisation=organisation, rollen=rollen, funktionen=funktionen))
    if settings.kommune == FIRST:
        return found + [
            DemoPerson(login=login, vorname=first, nachname=last, organisation=organisation, rollen=rollen, funktionen=functions)
            for login, first, last, organisation, rollen, functions in FURTHER if organisation in keys]
    return found + _further(settings, {(p.organisation, f) for p in found for f in p.funktionen})


def _place(settings: Profil, role: str, own: str, functions: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Where the person of a role belongs, and which functions she has there."""
    if role == "verwaltung":
        return own, tuple(settings.funktion)
    if role == "koordination":
        place = _filled_by(settings, "koordination")[0]
        return place, tuple(name for name in settings.funktion if place in _filled_by(settings, name) and name in {"koordination", "lenkungsgruppe"})
    if role == "fallmanagement":
        place = _filled_by(settings, "servicestelle")[0]
        return place, tuple(name for name in settings.funktion if place in _filled_by(settings, name) and name != "koordination")
    return own, functions


def _further(settings: Profil, covered: set[tuple[str, str]]) -> list[DemoPerson]:
    """One person for each organisation with a function that nobody there has yet."""
    found: list[DemoPerson] = []
    for organisation in settings.organisationen:
        functions = tuple(name for name in settings.funktion if organisation.key in _filled_by(settings, name))
        if not functions or all((organisation.key, name) in covered for name in functions):
            continue
        first, last = NAMES[len(found) % len(NAMES)]
        login = organisation.key.replace("_", "-")
        found.append(DemoPerson(
            login=login if settings.kommune in login else f"{login}-{settings.kommune}", vorname=first, nachname=last,
            organisation=organisation.key, rollen=("fallmanagement",) if organisation.art == "kommune" else ("partner", "fallmanagement"),
            funktionen=functions))
    return found


def _filled_by(settings: Profil, function: str) -> tuple[str, ...]:
    found = settings.funktion[function]
    return found if isinstance(found, tuple) else (found,)
