"""*Kommunalprofil*: what the Kommune settles for itself, to be read by those who answer for the processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from services import kommunalprofil
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("kommunalprofil", __name__, url_prefix="/kommunalprofil")


@pages.get("")
@guard(roles=("prozessverantwortung",))
def zeigen() -> ResponseReturnValue:
    return render_template("seiten/kommunalprofil.html", profil=kommunalprofil.lesen(the_app(), actor()))
