"""Who is logged in."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import g

from services import anmeldung
from web.api_v1.basis import Bereich
from web.api_v1.felder import Schema, liste_von, text
from web.auth import actor, csrf_token, the_app

bereich = Bereich(name="Anmeldung")


class Ich(Schema):
    """The person or machine of this request."""

    login = text(required=True)
    name = text(required=True)
    mandant = text(required=True)
    mandant_name = text(required=True)
    organisation = text(required=True)
    rollen = liste_von(ma.fields.String(), required=True)
    gruppen = liste_von(ma.fields.String(), required=True, metadata={"description": "Funktionen und die eigene Stelle"})
    csrf_token = text(required=True, allow_none=True, metadata={"description": "für den Kopf X-CSRF-Token; null bei basic"})


@bereich.get("/ich", "Wer bin ich", roles=(), answer=Ich)
def ich() -> dict[str, Any]:
    me = actor()
    return {"login": me.login, "name": me.name, "mandant": me.mandant, "mandant_name": anmeldung.mandant_name(the_app(), me) or me.mandant,
            "organisation": me.organisation, "rollen": sorted(me.roles), "gruppen": sorted(me.groups),
            "csrf_token": None if g.basic else csrf_token()}
