"""Who is logged in."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from services import anmeldung
from web.api_v2.common import TENANT
from web.auth import actor, the_app
from web.guards import guard


def add_routes(blueprint: Blueprint) -> None:
    blueprint.get("/authentication/me")(me)


@guard()
def me() -> Response:
    """The person or machine of this request, with roles and groups."""
    person = actor()
    tenant = {"tenantId": TENANT, "name": anmeldung.mandant_name(the_app(), person) or person.mandant, "description": None}
    return jsonify({
        "username": person.login, "displayName": person.name, "email": None, "authorizedComponents": [], "tenants": [tenant],
        "groups": sorted(person.groups), "roles": sorted(person.roles), "salesPlanType": None, "c8Links": {}, "canLogout": False})
