"""The pages. Each module holds one blueprint and does nothing but translate between HTTP and the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.pages import (
    anmeldung,
    aufgabe,
    aufgaben,
    dokumente,
    einstellungen,
    einwilligungen,
    faelle,
    fallakte,
    fristen,
    kommunalprofil,
    modelle,
    partner,
    personen,
    rechtskreise,
    stoerungen,
    texte,
    uebergaben,
    umzug,
    umzug_auftraege,
    umzug_vorgang,
    vorgaenge,
)

if TYPE_CHECKING:
    from flask import Flask

BLUEPRINTS = (anmeldung.pages, aufgaben.pages, aufgabe.pages, faelle.pages, fallakte.pages, dokumente.pages, einwilligungen.pages, rechtskreise.pages,
              personen.pages, uebergaben.pages, partner.pages, fristen.pages, stoerungen.pages, modelle.pages, einstellungen.pages, texte.pages, vorgaenge.pages,
              umzug.pages, umzug_auftraege.pages, umzug_vorgang.pages, kommunalprofil.pages)


def register(flask_app: Flask) -> None:
    """Add all pages."""
    for blueprint in BLUEPRINTS:
        flask_app.register_blueprint(blueprint)
