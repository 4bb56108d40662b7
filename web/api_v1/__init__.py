"""``/api/v1``: the case side for other programs (decision D11). Thin: the same services and the same policy as the pages.

Statuses of refusals: 400 the content is no JSON (or the CSRF token is missing), 401, 403, 404 as the policy says, 409 the state
is another one by now or a consent is missing, 413 too large, 415 not JSON by its name, 422 a field is missing, unknown or wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.api_v1 import akte, aufgaben, dokumentation, dokumente, einwilligungen, faelle, ich, partner, uebergaben, verweise
from web.api_v1.basis import add_converters, blueprint

if TYPE_CHECKING:
    from flask import Flask

PARTS = (ich, faelle, akte, dokumente, aufgaben, einwilligungen, uebergaben, verweise, partner)  # importing them has declared their operations


def register(app: Flask) -> None:
    """Add the operations, their document and its page."""
    add_converters(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(dokumentation.seiten)
