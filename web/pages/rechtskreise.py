"""Who in a case gets benefits under which law: what holds for everybody, and for single people something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from services.errors import Conflict, InvalidInput
from services.fall import faelle, rechtskreise
from web.auth import actor, the_app
from web.guards import guard
from web.pages.faelle import RECHTSKREIS
from web.pages.fallakte import EINBLICK, seite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask.typing import ResponseReturnValue

    from services.fall.fallkopf import FallDetail, PersonInfo

pages = Blueprint("rechtskreise", __name__, url_prefix="/faelle/<aktenzeichen>/rechtskreise")

IM_FALL = "rechtskreise"
WIE_DER_FALL, EIGENE, KEINE = "fall", "eigene", "keine"
WAHLEN = {WIE_DER_FALL: "wie der Fall", EIGENE: "etwas anderes, nämlich:", KEINE: "keine Leistungen"}
ART_FEHLT = "Wählen Sie aus, was für diese Person gilt."
NICHTS_ANGEKREUZT = "Kreuzen Sie an, wonach diese Person Leistungen bekommt, oder wählen Sie „keine Leistungen“."
INZWISCHEN = "Während Sie die Seite offen hatten, wurde hier etwas anderes eingetragen ({jetzt}). Bitte prüfen Sie, was gilt, und speichern Sie dann noch einmal."
BEIDES = "Sie haben etwas angekreuzt, obwohl „{wahl}“ gewählt ist. Bitte entscheiden Sie sich für eines von beiden."


def art(person: PersonInfo) -> str:
    """How the stored values of a person are shown."""
    if not person.eigene_rechtskreise:
        return WIE_DER_FALL
    return EIGENE if person.rechtskreise else KEINE


def eintrag(werte: Iterable[str] | None) -> str:
    """Stored or typed values as one word per Rechtskreis, to compare them."""
    return WIE_DER_FALL if werte is None else " ".join(sorted(set(werte)))


def in_worten(werte: str) -> str:
    return WAHLEN[WIE_DER_FALL] if werte == WIE_DER_FALL else ", ".join(RECHTSKREIS.get(wert, wert) for wert in werte.split()) or WAHLEN[KEINE]


@pages.route("", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def aendern(aktenzeichen: str) -> ResponseReturnValue:
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Rechtskreise")
    fehler: dict[str, str] = {}
    gemeinsam, grund = list(fall.rechtskreise_gemeinsam), ""
    typed = {p.key: (art(p), list(p.rechtskreise or ()) if p.eigene_rechtskreise else []) for p in fall.personen}
    stand = {IM_FALL: eintrag(gemeinsam), **{str(key): eintrag(None if wahl == WIE_DER_FALL else werte) for key, (wahl, werte) in typed.items()}}
    if request.method == "POST":
        grund = request.form.get("grund", "")[:4000]
        neu: list[str] | None = request.form.getlist(IM_FALL)
        if geaendert(IM_FALL, neu, stand, fehler):
            gemeinsam = neu or []
        else:
            neu = None
        personen: dict[int, list[str] | None] = {}
        for person in fall.personen:
            choice = request.form.get(f"art-{person.key}", ""), request.form.getlist(f"eigene-{person.key}")
            own = eigene(person.key, *choice, fehler)
            if geaendert(str(person.key), own, stand, fehler) or {f"art-{person.key}", f"eigene-{person.key}"} & set(fehler):
                typed[person.key], personen[person.key] = choice, own
        if not grund.strip():
            fehler["grund"] = "Schreiben Sie kurz auf, warum sich der Rechtskreis ändert."
        if not fehler and speichern(aktenzeichen, neu, personen, grund, fehler):
            return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="rechtskreise"))
    return formular(aktenzeichen, fall, gemeinsam, typed, grund, fehler, stand), 422 if fehler else 200


def geaendert(name: str, werte: list[str] | None, stand: Mapping[str, str], fehler: dict[str, str]) -> bool:
    """Whether somebody chose something else than the page had shown; what was not touched stays as it is stored by now.

    A process or a colleague may have written meanwhile: what was changed on both sides is asked once more.
    """
    shown = request.form.get(f"gezeigt-{name}", stand[name])
    if eintrag(werte) == shown:
        return False
    if shown != stand[name] != eintrag(werte):
        fehler.setdefault(name if name == IM_FALL else f"art-{name}", INZWISCHEN.format(jetzt=in_worten(stand[name])))
    return True


def formular(aktenzeichen: str, fall: FallDetail, gemeinsam: list[str], typed: dict[int, tuple[str, list[str]]], grund: str, fehler: dict[str, str],
             stand: Mapping[str, str]) -> str:
    return seite("fallakte_rechtskreise.html", aktenzeichen, "ueberblick", "Rechtskreise ändern", fall=fall, gemeinsam=gemeinsam, angaben=typed, grund=grund,
                 fehler=fehler, gezeigt=stand, moeglich=list(RECHTSKREIS.items()), wahlen=list(WAHLEN.items()))


def eigene(key: int | str, wahl: str, werte: list[str], fehler: dict[str, str]) -> list[str] | None:
    """Own ones of a person as typed; a sentence where choice and crosses do not fit."""
    if wahl not in WAHLEN:
        fehler[f"art-{key}"] = ART_FEHLT
    elif wahl == EIGENE and not werte:
        fehler[f"eigene-{key}"] = NICHTS_ANGEKREUZT
    elif wahl != EIGENE and werte:
        fehler[f"eigene-{key}"] = BEIDES.format(wahl=WAHLEN[wahl])
    return None if wahl == WIE_DER_FALL else werte


def speichern(aktenzeichen: str, gemeinsam: list[str] | None, personen: dict[int, list[str] | None], grund: str, fehler: dict[str, str]) -> bool:
    try:
        rechtskreise.setzen(the_app(), actor(), aktenzeichen=aktenzeichen, gemeinsam=gemeinsam, personen=personen, grund=grund)
    except InvalidInput as error:
        fehler.update({name.replace("personen.", "eigene-"): text for name, text in error.errors.items()} or {"grund": error.detail})
    except Conflict as error:
        fehler["grund"] = error.detail
    return not fehler
