"""Partner organisations: what they offer, and how many places are free."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.fall import partner
from web.api_v1.basis import Bereich
from web.api_v1.felder import Schema, Zahl, liste_von, text
from web.auth import actor, the_app
from web.pages.partner import ALLE

bereich = Bereich(name="Partner")


class Partner(Schema):
    """An organisation; ``plaetze`` and ``frei`` are null where it has named no limit."""

    key = text(required=True)
    name = text(required=True)
    art = text(required=True)
    rechtskreis = text(required=True, allow_none=True)
    angebote = liste_von(ma.fields.String(), required=True)
    sprachen = liste_von(ma.fields.String(), required=True)
    plaetze = ma.fields.Integer(required=True, allow_none=True)
    belegt = ma.fields.Integer(required=True)
    frei = ma.fields.Integer(required=True, allow_none=True)
    offene_angebote = ma.fields.Integer(required=True)
    aktiv = ma.fields.Boolean(required=True)


class PartnerListe(Schema):
    """The organisations, by name."""

    eintraege = liste_von(Partner, required=True)


class PartnerFilter(Schema):
    """Only those with this offer or language."""

    angebot = text(hoechstens=60, load_default=None)
    sprache = text(hoechstens=10, load_default=None)
    auch_inaktive = ma.fields.Boolean(load_default=False)


class Plaetze(Schema):
    """How many cases the organisation can hold; null: no limit."""

    plaetze = Zahl(von=0, bis=1_000_000, required=True, allow_none=True)


@bereich.get("/partner", "Partner mit freien Plätzen", roles=ALLE, query=PartnerFilter, answer=PartnerListe)
def auflisten(query: dict[str, Any]) -> dict[str, Any]:
    return {"eintraege": partner.auflisten(the_app(), actor(), **query)}


@bereich.put("/partner/<stelle:organisation>/plaetze", "Plätze einer Stelle setzen", roles=ALLE, body=Plaetze,
             mehr="Jede Stelle pflegt ihre eigenen Plätze, die Verwaltung alle.")
def plaetze(body: dict[str, Any], organisation: str) -> None:
    partner.kapazitaet_setzen(the_app(), actor(), organisation=organisation, plaetze=body["plaetze"])
