"""*Modell prüfen*: upload a BPMN file of any tool and read what becomes of each element. Nothing is stored and nothing is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from markupsafe import Markup

from engine.checks.words import VERDICTS, word
from engine.xml import MAX_BYTES
from services import modellpruefung
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from engine.findings import ElementReport

pages = Blueprint("modelle", __name__, url_prefix="/modelle")

FILE = "modell"
SHOWN = 2000  # rows of the table; a longer file is told by its problems
LANGUAGES = ("de", "en")


@pages.get("/pruefen")
@guard(roles=("prozessverantwortung",))
def pruefen() -> ResponseReturnValue:
    """The empty form."""
    return page()


@pages.post("/pruefen")
@guard(roles=("prozessverantwortung",))
def pruefen_absenden() -> ResponseReturnValue:
    """The report on the file that was sent; a file that cannot be read is a report too."""
    file = request.files.get(FILE)
    if file is None or not file.filename:
        return page(fehler={FILE: "Wählen Sie eine Datei aus."}), 422
    found = modellpruefung.pruefen(the_app(), actor(), data=file.read(MAX_BYTES + 1))
    report, sprache = found.model.report, request.form.get("sprache", "de")
    rows = sorted(found.model.elements, key=severity) if len(found.model.elements) > SHOWN else found.model.elements
    whole = [f for f in report.findings if not f.element_type]
    return page(
        name=file.filename.replace("\\", "/").rpartition("/")[2][:200], pruefung=found, elemente=rows[:SHOWN], alle=len(rows), datei=whole,
        sprache=sprache if sprache in LANGUAGES else "de",
        bild=Markup(found.svg) if found.svg else None,  # noqa: S704  drawn by us from the model, every text in it is escaped there
    )


def severity(element: ElementReport) -> int:
    """Problems first."""
    return ("fails", "runs", "documentation").index(element.verdict)


def page(**values: object) -> str:
    """Form and report."""
    return render_template("seiten/modell_pruefen.html", **{"fehler": {}, "pruefung": None, "sprache": "de", "worte": VERDICTS, "art": word, **values})
