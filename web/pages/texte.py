"""Help and the pages that every public body has to offer. Open for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from web.guards import public

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("texte", __name__)


@pages.get("/hilfe")
@public
def hilfe() -> ResponseReturnValue:
    return render_template("seiten/hilfe.html")


@pages.get("/barrierefreiheit")
@public
def barrierefreiheit() -> ResponseReturnValue:
    return render_template("seiten/barrierefreiheit.html")


@pages.get("/datenschutz")
@public
def datenschutz() -> ResponseReturnValue:
    return render_template("seiten/datenschutz.html")


@pages.get("/impressum")
@public
def impressum() -> ResponseReturnValue:
    return render_template("seiten/impressum.html")
