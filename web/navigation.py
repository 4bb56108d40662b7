"""The main menu, by role, and what every page shows around its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g, request, url_for

from services import vorgaenge
from services.anmeldung import mandant_name
from web.anzeige import aufzaehlung
from web.auth import the_app
from web.guards import guard_of
from web.meldungen import MELDUNGEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from services.context import Actor

VERSION = "0.1"
SUCHENDE = ("fallmanagement", "koordination", "partner")


@dataclass(frozen=True, kw_only=True)
class Eintrag:
    """An entry of the main menu. ``pfad`` is the beginning of all addresses that belong to it."""

    name: str
    endpoint: str
    pfad: str
    gruppe: bool = False  # a line before it: the pages of those who steer
    nur: Callable[[Actor], bool] | None = None  # narrower than the roles of the guard


EINTRAEGE = (
    Eintrag(name="Aufgaben", endpoint="aufgaben.liste", pfad="/aufgaben"),
    Eintrag(name="Fälle", endpoint="faelle.liste", pfad="/faelle"),
    Eintrag(name="Übergaben", endpoint="uebergaben.liste", pfad="/uebergaben"),
    Eintrag(name="Partner", endpoint="partner.liste", pfad="/partner"),
    Eintrag(name="Vorgänge", endpoint="vorgaenge.liste", pfad="/vorgaenge", gruppe=True, nur=vorgaenge.may_see),
    Eintrag(name="Fristen", endpoint="fristen.liste", pfad="/fristen", gruppe=True),
    Eintrag(name="Störungen", endpoint="stoerungen.liste", pfad="/stoerungen", gruppe=True),
    Eintrag(name="Laufende Modelle", endpoint="umzug.modelle", pfad="/umzug", gruppe=True),
    Eintrag(name="Kommunalprofil", endpoint="kommunalprofil.zeigen", pfad="/kommunalprofil", gruppe=True),
    Eintrag(name="Modell prüfen", endpoint="modelle.pruefen", pfad="/modelle", gruppe=True),
)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A menu entry of this page. ``trenner``: a line stands before it."""

    name: str
    href: str
    aktuell: bool
    trenner: bool


def menu(flask_app: Flask, actor: Actor | None) -> list[Link]:
    """The entries whose page exists and whose guard lets the person in."""
    links: list[Link] = []
    grouped = False
    for eintrag in EINTRAEGE:
        view = flask_app.view_functions.get(eintrag.endpoint)
        declared = guard_of(view)
        if actor is None or declared is None or (declared.roles and not actor.has_role(*declared.roles)) or (
                eintrag.nur is not None and not eintrag.nur(actor)):
            continue
        here = request.path == eintrag.pfad or request.path.startswith(eintrag.pfad + "/")
        links.append(Link(name=eintrag.name, href=url_for(eintrag.endpoint), aktuell=here, trenner=eintrag.gruppe and not grouped))
        grouped = grouped or eintrag.gruppe
    return links


ROLLEN = {
    "fallmanagement": "Fallmanagement", "koordination": "Koordination", "prozessverantwortung": "Prozessverantwortung",
    "partner": "Partner", "datenschutz": "Datenschutz", "verwaltung": "Verwaltung",
}


def kommune(actor: Actor | None) -> str:
    """Name of the Kommune for the head of the page; kept per process, as it does not change."""
    if actor is None:
        return ""
    names: dict[str, str] = current_app.extensions.setdefault("etappe.kommunen", {})
    if actor.mandant not in names:
        names[actor.mandant] = mandant_name(the_app(), actor)
    return names[actor.mandant]


def init(flask_app: Flask) -> None:
    """Make what surrounds every page known to the templates."""
    def shell() -> dict[str, object]:
        actor: Actor | None = g.get("actor")
        return {
            "hauptmenue": menu(flask_app, actor),
            "rollen": aufzaehlung(ROLLEN[role] for role in ROLLEN if actor is not None and role in actor.roles),
            "sucht": actor is not None and actor.has_role(*SUCHENDE) and "faelle.suche" in flask_app.view_functions,
            "version": VERSION,
            "einstellungen": {"dichte": "normal", "farben": "system", **(g.get("einstellungen") or {})},
            "kommune": kommune(actor),
            "meldung": MELDUNGEN.get(request.args.get("meldung", "")),
        }
    flask_app.context_processor(shell)
