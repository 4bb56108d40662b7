"""Consents of a case: the matrix, writing one down, revoking one after its consequences were shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request, url_for

from services.errors import Conflict, InvalidInput, NotFound
from services.fall import einwilligungen, faelle, partner, uebergaben_lesen, verweise
from services.fall.abschnitte import BESONDERE, INTERN, TITEL
from services.policy import OFFEN
from web.anzeige import heute, parse_datum
from web.auth import actor, the_app
from web.guards import guard
from web.pages.fallakte import EINBLICK, seite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from flask.typing import ResponseReturnValue

    from services.fall.einwilligungen import EinwilligungInfo

pages = Blueprint("einwilligungen", __name__, url_prefix="/faelle/<aktenzeichen>/einwilligungen")

SOON = timedelta(days=14)
SPRACHEN = tuple(einwilligungen.SPRACHEN.values())
GESUNDHEIT = "gesundheit"
FEHLT = {
    "person": "Wählen Sie aus, wer einwilligt.", "empfaenger": "Wählen Sie aus, wer die Angaben bekommen darf.", "zweck": "Wählen Sie aus, wofür.",
    "sprache": "Wählen Sie aus, in welcher Sprache Sie es erklärt haben.", "form": "Wählen Sie aus, wie die Einwilligung vorliegt.",
    "textfassung": "Nennen Sie die Fassung des Textes.",
}


@dataclass(frozen=True, kw_only=True)
class Zelle:
    """One cell of the matrix. ``lage``: ``ok``, ``warn`` (ends soon or not for everybody), ``off`` (revoked or ended) or empty."""

    lage: str = ""
    wort: str = "nicht erteilt"
    zusatz: str = ""


def zelle(consents: Iterable[EinwilligungInfo], people: int, today: date) -> Zelle:
    """What recipient and purpose come to, over all people of the case."""
    listed = list(consents)
    valid = [e for e in listed if e.gueltig]
    if valid:
        ends = min((e.gueltig_bis for e in valid if e.gueltig_bis), default=None)
        number = len({e.person for e in valid})
        some = f"für {number} von {people} Personen" if number < people else ""
        until = "" if ends is None else f"endet am {ends:%d.%m.%Y}" if ends - today <= SOON else f"bis {ends:%d.%m.%Y}"
        soon = ends is not None and ends - today <= SOON
        return Zelle(lage="warn" if soon or some else "ok", wort="erteilt", zusatz=", ".join(part for part in (some, until) if part))
    if not listed:
        return Zelle()
    revoked = [e.widerrufen_am for e in listed if e.widerrufen_am is not None]
    if revoked:
        return Zelle(lage="off", wort="widerrufen", zusatz=f"am {max(revoked):%d.%m.%Y}")
    begins = min((e.gueltig_ab for e in listed if e.gueltig_ab > today), default=None)
    if begins is not None:
        return Zelle(lage="off", wort="erteilt", zusatz=f"ab {begins:%d.%m.%Y}")
    return Zelle(lage="off", wort="abgelaufen")


@pages.get("")
@guard(roles=EINBLICK)
def matrix(aktenzeichen: str) -> ResponseReturnValue:
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Einwilligungen")
    consents = einwilligungen.auflisten(app, me, aktenzeichen=aktenzeichen)
    by_recipient: dict[str, list[EinwilligungInfo]] = defaultdict(list)
    for consent in consents:
        by_recipient[consent.empfaenger].append(consent)
    today, people = heute(), len(fall.personen)
    rows = []
    for listed in sorted(by_recipient.values(), key=lambda found: found[0].empfaenger_name):
        cells = [zelle((e for e in listed if e.zweck == zweck), people, today) for zweck in einwilligungen.ZWECKE]
        cells.append(zelle((e for e in listed if GESUNDHEIT in e.besondere_abschnitte), people, today))
        shared = {a for e in listed if e.gueltig for a in (*e.abschnitte, *e.besondere_abschnitte)}
        rows.append((listed[0].empfaenger_name, ", ".join(TITEL[a] for a in TITEL if a in shared), cells))
    return seite("fallakte_einwilligungen.html", aktenzeichen, "einwilligungen", "Einwilligungen", fall=fall, zeilen=rows, titel_der=TITEL,
                 spalten=[*einwilligungen.ZWECKE.values(), "Gesundheits\u00adangaben"], einwilligungen=consents, formen=einwilligungen.FORMEN)


@pages.route("/neu", methods=["GET", "POST"])
@guard(roles=("fallmanagement", "koordination", "partner"))
def neu(aktenzeichen: str) -> ResponseReturnValue:
    app, me, form = the_app(), actor(), request.form
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Einwilligung erfassen")
    fehler: dict[str, str] = {}
    if request.method == "POST":
        try:
            erfassen(aktenzeichen)
            return redirect(url_for("einwilligungen.matrix", aktenzeichen=aktenzeichen, meldung="einwilligung"))
        except InvalidInput as error:
            fehler = dict(error.errors) or {"empfaenger": error.detail}
        except Conflict as error:
            fehler = {"empfaenger": error.detail}
    ordinary = [(key, name) for key, name in TITEL.items() if key not in INTERN and key not in BESONDERE]
    people = [(str(p.key), f"{p.vorname} {p.nachname}") for p in fall.personen]
    return seite(
        "einwilligung_neu.html", aktenzeichen, "einwilligungen", "Einwilligung erfassen", fall=fall, fehler=fehler, werte=form or request.args, personen=people,
        empfaenger=[(p.key, p.name) for p in partner.auflisten(app, me) if p.key != fall.inhaber.organisation],
        zwecke=list(einwilligungen.ZWECKE.items()), abschnitte=ordinary, besondere=[(key, TITEL[key]) for key in TITEL if key in BESONDERE],
        gewaehlt=form.getlist("abschnitte"), gewaehlte_besondere=form.getlist("besondere"), auch=(form or request.args).getlist("auch_fuer"),
        sprachen=[(s, s) for s in SPRACHEN], formen=list(einwilligungen.FORMEN.items())), 422 if fehler else 200


def erfassen(aktenzeichen: str) -> None:
    """Check what was typed and write the consent down. Raises InvalidInput with a sentence per field."""
    form = request.form
    fehler: dict[str, str] = {}
    bis: date | None = None
    if form.get("gueltig_bis", "").strip():
        try:
            bis = parse_datum(form["gueltig_bis"])
        except ValueError as error:
            fehler["gueltig_bis"] = str(error)
    fehler |= {name: satz for name, satz in FEHLT.items() if not form.get(name, "").strip()}
    abschnitte = [*form.getlist("abschnitte"), *form.getlist("besondere")]
    if not abschnitte:
        fehler["abschnitte"] = "Wählen Sie mindestens einen Abschnitt aus."
    if not form.get("person", "").isdecimal():
        fehler["person"] = "Wählen Sie aus, wer einwilligt."
    if fehler:
        raise InvalidInput(errors=fehler)
    einwilligungen.erteilen(
        the_app(), actor(), aktenzeichen=aktenzeichen, person=int(form["person"]), empfaenger=form["empfaenger"], zweck=form["zweck"],
        abschnitte=abschnitte, sprache=form["sprache"], form=form["form"], textfassung=form["textfassung"][:100], gueltig_bis=bis,
        auch_fuer=[int(key) for key in form.getlist("auch_fuer") if key.isdecimal() and key != form["person"]])


@pages.route("/<nummer:key>/widerruf", methods=["GET", "POST"])
@guard(roles=("fallmanagement", "koordination", "partner"))
def widerruf(aktenzeichen: str, key: int) -> ResponseReturnValue:
    """First the consequences, then the button."""
    app, me = the_app(), actor()
    consent = next((e for e in einwilligungen.auflisten(app, me, aktenzeichen=aktenzeichen) if e.key == key), None)
    if consent is None:
        raise NotFound
    if request.method == "POST":
        einwilligungen.widerrufen(app, me, einwilligung=key, grund=request.form.get("grund", "")[:500])
        return redirect(url_for("einwilligungen.matrix", aktenzeichen=aktenzeichen, meldung="widerrufen"))
    open_handovers = [u for u in uebergaben_lesen.fuer_fall(app, me, aktenzeichen=aktenzeichen)
                      if u.empfaenger == consent.empfaenger and u.zweck == consent.zweck and u.status in OFFEN and u.uebernommen_am is None]
    open_referrals = [v for v in verweise.auflisten(app, me, aktenzeichen=aktenzeichen)
                      if v.empfaenger == consent.empfaenger and v.zweck == consent.zweck and v.status in OFFEN]
    return seite("einwilligung_widerruf.html", aktenzeichen, "einwilligungen", "Einwilligung widerrufen", einwilligung=consent,
                 uebergaben=open_handovers, verweise=open_referrals, titel_der=TITEL)
