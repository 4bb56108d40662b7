"""*Kommunalprofil*: what the Kommune settles for itself, to be read by those who answer for the processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from services import kommunalprofil, profilfilter
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("kommunalprofil", __name__, url_prefix="/kommunalprofil")


@pages.get("")
@guard(roles=("prozessverantwortung",))
def zeigen() -> ResponseReturnValue:
    """All settings, or those that fit the search of the address."""
    profil, suche = kommunalprofil.lesen(the_app(), actor()), request.args.get("suche", "").strip()[:profilfilter.LAENGSTE]
    gezeigt = profilfilter.filtern(profil, suche)
    return render_template("seiten/kommunalprofil.html", profil=gezeigt, suche=suche, treffer=profilfilter.anzahl(gezeigt), alle=profilfilter.anzahl(profil))
