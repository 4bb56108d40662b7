"""The Fallakte of one case: overview, sections, time line, tasks, processes, accesses, and notes of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup

from services import akteansicht, anmeldung, fallweg, stoerungen, vorgaenge
from services.errors import Conflict, InvalidInput
from services.fall import faelle, kontakte, uebergaben_lesen, zeitleiste, zugriffe
from services.fall.abschnitte import TITEL
from services.fall.phasen import begonnene
from services.fall.phasen import phasen as phasennamen
from services.policy import OFFEN
from services.prozess import instances, tasks
from web.anzeige import BERLIN, datum, heute, local_date, parse_datum
from web.auth import actor, the_app
from web.guards import guard
from web.pages.faelle import AUFENTHALT, RECHTSKREIS, ZUGANGSWEGE

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

    from services.akteansicht import AbschnittAnsicht
    from services.fall.faelle import FallDetail
    from services.fall.uebergaben_lesen import UebergabeInfo

pages = Blueprint("fallakte", __name__, url_prefix="/faelle/<aktenzeichen>")

EINBLICK = ("fallmanagement", "koordination", "partner")
PLAN = ("ziele", "hilfeplan", "leistungen", "monitoring")
SHORT_LINE = 8


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A step of the case. ``lage``: ``done``, ``now`` or ``open``."""

    name: str
    lage: str
    seit: date | None
    bis: date | None


@dataclass(frozen=True, kw_only=True)
class Reiter:
    """A tab of the Fallakte."""

    key: str
    name: str
    href: str
    anzahl: int | None = None


UEBERGABE = "uebergabe"  # the process that hands a running case over


def seite(template: str, aktenzeichen: str, tab: str, titel: str, *, fall: FallDetail | None = None, **more: Any) -> str:  # noqa: ANN401  template values
    """A page with the head of the Fallakte around it. Raises NotFound."""
    app, me = the_app(), actor()
    fall = fall or faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck=titel)
    return render_template(
        f"seiten/{template}", fall=fall, tab=tab, titel=titel, reiter=reiter(fall), phasen=phasen(fall), rechtskreise=RECHTSKREIS,
        aufenthalt=AUFENTHALT, zugangswege=ZUGANGSWEGE, namen_der=personennamen(fall), **more)


def reiter(fall: FallDetail) -> list[Reiter]:
    def to(endpoint: str) -> str:
        return url_for(endpoint, aktenzeichen=fall.aktenzeichen)
    tabs = [
        Reiter(key="ueberblick", name="Überblick", href=to("fallakte.ueberblick")), Reiter(key="plan", name="Plan", href=to("fallakte.plan")),
        Reiter(key="akte", name="Akte", href=to("fallakte.akte")), Reiter(key="verlauf", name="Verlauf", href=to("fallakte.verlauf")),
        Reiter(key="aufgaben", name="Aufgaben", href=to("fallakte.aufgaben"), anzahl=fall.offene_aufgaben),
        Reiter(key="dokumente", name="Dokumente", href=to("dokumente.liste")),
        Reiter(key="einwilligungen", name="Einwilligungen", href=to("einwilligungen.matrix")),
        Reiter(key="uebergaben", name="Übergaben", href=to("fallakte.uebergaben"), anzahl=1 if fall.offene_uebergabe else None),
        Reiter(key="prozess", name="Prozess", href=to("fallakte.prozess")),
    ]
    if actor().has_role("koordination"):
        tabs.append(Reiter(key="zugriffe", name="Zugriffe", href=to("fallakte.zugriffe_")))
    return tabs


def personennamen(fall: FallDetail) -> dict[int | None, str]:
    """Names by key, as far as the reader may see them; those who have left the case come last and are marked."""
    members: dict[int | None, str] = {p.key: f"{p.vorname} {p.nachname}" if p.nachname else f"Person {number}" for number, p in enumerate(fall.personen, start=1)}
    return {**members, **{p.key: f"{p.vorname} {p.nachname} (ausgeschieden)" for p in fall.ehemalige}}


def phasen(fall: FallDetail) -> list[Phase]:
    """The phases with the days on which they began, from the time line."""
    begun: dict[str, date] = {}
    profil = the_app().profil_of(actor().mandant)
    titles = begonnene(profil)
    order: list[tuple[str, date]] = []
    for entry in reversed(zeitleiste.lesen(the_app(), actor(), aktenzeichen=fall.aktenzeichen, arten=("phase",))):
        key = titles.get(entry.text)
        if key is not None:
            begun[key] = local_date(entry.am)
            order.append((key, local_date(entry.am)))
    ends = {key: following[1] for (key, _), following in pairwise(order)}
    begun.setdefault("zugang", local_date(fall.angelegt_am))
    if order:
        ends.setdefault("zugang", order[0][1])
    found = []
    for key, title in phasennamen(profil).items():
        now = key == fall.phase and fall.status == "offen"
        lage = "now" if now else "done" if key in begun else "open"
        found.append(Phase(name=title, lage=lage, seit=begun.get(key), bis=None if now else ends.get(key)))
    return found


@pages.get("")
@guard(roles=EINBLICK)
def ueberblick(aktenzeichen: str) -> ResponseReturnValue:
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Überblick")
    offen = tasks.of_case(app, me, business_id=aktenzeichen)
    eintraege = zeitleiste.lesen(app, me, aktenzeichen=aktenzeichen, grenze=SHORT_LINE + 1)
    uebergabe = next((u for u in uebergaben_lesen.fuer_fall(app, me, aktenzeichen=aktenzeichen)
                      if u.status in OFFEN and u.uebernommen_am is None), None)
    wartet = fallweg.wartet_bei_anderen(app, me, aktenzeichen=aktenzeichen) if fall.darf_schreiben and fall.offene_aufgaben > len(offen) else ()
    return seite("fallakte.html", aktenzeichen, "ueberblick", "Überblick", fall=fall, aufgaben=offen, wartet=wartet,
                 stoerungen=stoerungen.im_fall(app, me, aktenzeichen=aktenzeichen), namen=names(offen),
                 eintraege=eintraege[:SHORT_LINE], mehr=len(eintraege) > SHORT_LINE, arten=zeitleiste.ARTEN, uebergabe=uebergabe)


def names(rows: tuple[tasks.TaskInfo, ...]) -> dict[str, str]:
    return anmeldung.namen(the_app(), actor(), logins=[t.assignee for t in rows] + [t.completed_by for t in rows])


@pages.get("/plan")
@guard(roles=EINBLICK)
def plan(aktenzeichen: str) -> ResponseReturnValue:
    found = akteansicht.abschnitte(the_app(), actor(), aktenzeichen=aktenzeichen, nur=PLAN, zweck="Plan")
    return sections(aktenzeichen, "plan", "Plan", found)


@pages.get("/akte")
@guard(roles=EINBLICK)
def akte(aktenzeichen: str) -> ResponseReturnValue:
    found = akteansicht.abschnitte(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Akte")
    return sections(aktenzeichen, "akte", "Akte", tuple(a for a in found if a.abschnitt not in PLAN))


def sections(aktenzeichen: str, tab: str, titel: str, found: tuple[AbschnittAnsicht, ...]) -> str:
    """Sections under the person they belong to; those of the case come first, as they are what people look for."""
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck=titel)
    names_of = personennamen(fall)
    order: list[int | None] = [None, *names_of]
    groups = [("Zum Fall" if key is None else names_of[key], [a for a in found if a.person == key]) for key in order]
    return seite("fallakte_akte.html", aktenzeichen, tab, titel, fall=fall, abschnitte=found, gruppen=[(name, rows) for name, rows in groups if rows])


@pages.get("/verlauf")
@guard(roles=EINBLICK)
def verlauf(aktenzeichen: str) -> ResponseReturnValue:
    art = request.args.get("art", "")
    arten = (art,) if art in zeitleiste.ARTEN else ()
    app, me = the_app(), actor()
    return seite("fallakte_verlauf.html", aktenzeichen, "verlauf", "Verlauf", art=art if arten else "", arten=zeitleiste.ARTEN,
                 eintraege=zeitleiste.lesen(app, me, aktenzeichen=aktenzeichen, arten=arten, grenze=500),
                 notizen={k.key: k for k in kontakte.auflisten(app, me, aktenzeichen=aktenzeichen)})


@pages.get("/aufgaben")
@guard(roles=EINBLICK)
def aufgaben(aktenzeichen: str) -> ResponseReturnValue:
    rows = tasks.of_case(the_app(), actor(), business_id=aktenzeichen, open_only=False)
    return seite("fallakte_aufgaben.html", aktenzeichen, "aufgaben", "Aufgaben", namen=names(rows),
                 offen=[t for t in rows if t.status == "CREATED"],
                 erledigt=sorted((t for t in rows if t.status == "COMPLETED" and t.ended), key=lambda t: t.ended or t.created, reverse=True))


@pages.get("/uebergaben")
@guard(roles=EINBLICK)
def uebergaben(aktenzeichen: str) -> ResponseReturnValue:
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Übergaben")
    found: tuple[UebergabeInfo, ...] = uebergaben_lesen.fuer_fall(app, me, aktenzeichen=aktenzeichen)
    # While an offer is open, its process goes on with it.
    beginnbar = fall.darf_schreiben and not fall.offene_uebergabe and UEBERGABE in {m.start.key for m in vorgaenge.im_fall(app, me, aktenzeichen=aktenzeichen)}
    return seite("fallakte_uebergaben.html", aktenzeichen, "uebergaben", "Übergaben", fall=fall, uebergaben=found, ich_bin=me.organisation,
                 beginnbar=UEBERGABE if beginnbar else None)


@pages.get("/prozess")
@guard(roles=EINBLICK)
def prozess(aktenzeichen: str) -> ResponseReturnValue:
    app, me = the_app(), actor()
    fall = faelle.lesen(app, me, aktenzeichen=aktenzeichen, zweck="Prozess")
    running = instances.of_case(app, me, business_id=aktenzeichen)
    wanted = request.args.get("instanz", type=int)
    chosen = next((i for i in running if i.key == wanted), None) or next((i for i in reversed(running) if i.status == "ACTIVE"), None) or (
        running[-1] if running else None)
    weg = None
    if chosen is not None:
        weg = fallweg.weg(app, me, key=chosen.key, adresse=lambda key: url_for("aufgabe.zeigen", key=key),
                          aufruf=lambda called: url_for("fallakte.prozess", aktenzeichen=aktenzeichen, instanz=called))
    entschieden = fallweg.entscheidungen(app, me, key=chosen.key) if chosen is not None else ()
    return seite("fallakte_prozess.html", aktenzeichen, "prozess", "Prozess", fall=fall, instanzen=fallweg.geordnet(running), gewaehlt=chosen, weg=weg,
                 oberhalb=fallweg.oberhalb(running, chosen) if chosen is not None else (),
                 entschieden=entschieden, stoerungen=stoerungen.im_fall(app, me, aktenzeichen=aktenzeichen),
                 bild=Markup(weg.svg) if weg is not None and weg.svg else None,  # noqa: S704  drawn by us from a model, every text in it is escaped there
                 namen=anmeldung.namen(app, me, logins=[s.wer for s in weg.schritte] if weg else []))


@pages.get("/zugriffe")
@guard(roles=("koordination", "datenschutz"))
def zugriffe_(aktenzeichen: str) -> ResponseReturnValue:
    """Who looked at the case: for Datenschutz without its content, for Koordination inside the Fallakte."""
    found = zugriffe.lesen(the_app(), actor(), aktenzeichen=aktenzeichen)
    if not actor().has_role(*EINBLICK):
        return render_template("seiten/zugriffe.html", aktenzeichen=aktenzeichen, zugriffe=found, titel_der=TITEL)
    return seite("fallakte_zugriffe.html", aktenzeichen, "zugriffe", "Zugriffe", zugriffe=found, titel_der=TITEL)


# -- writing ---------------------------------------------------------------------------------------------------------------
@pages.route("/kontakt", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def kontakt(aktenzeichen: str) -> ResponseReturnValue:
    """A note of a contact. With text but without a kind (coming from a task somebody else completed) the form is shown filled in."""
    form, fehler = request.form, {}
    werte = {"art": form.get("art", ""), "am": form.get("am") or datum(heute()), "notiz": form.get("notiz", "")[:kontakte.NOTIZ_MAX],
             "person": form.get("person", ""), "erreicht": form.get("erreicht", "ja")}
    if request.method == "POST" and werte["art"] != "notiz":
        if werte["art"] not in kontakte.ARTEN:
            fehler["art"] = "Wählen Sie aus, wie der Kontakt war."
        if not werte["notiz"].strip():
            fehler["notiz"] = "Schreiben Sie kurz auf, worum es ging."
        try:
            day = parse_datum(werte["am"])
        except ValueError as error:
            fehler["am"] = str(error)
        if not fehler:
            now = the_app().clock.now()
            try:
                kontakte.notieren(
                    the_app(), actor(), aktenzeichen=aktenzeichen, art=werte["art"], notiz=werte["notiz"], erreicht=werte["erreicht"] != "nein",
                    person=int(werte["person"]) if werte["person"].isdecimal() else None,
                    am=now if day == local_date(now) else datetime.combine(day, time(12), tzinfo=BERLIN))
                return redirect(url_for("fallakte.verlauf", aktenzeichen=aktenzeichen, meldung="notiz"))
            except InvalidInput as error:
                fehler = dict(error.errors) or {"notiz": error.detail}
            except Conflict as error:
                fehler = {"notiz": error.detail}
    if werte["art"] == "notiz":
        werte["art"] = ""
    fall = faelle.lesen(the_app(), actor(), aktenzeichen=aktenzeichen, zweck="Kontakt notieren")
    return seite("fallakte_kontakt.html", aktenzeichen, "verlauf", "Kontakt notieren", fall=fall, werte=werte, fehler=fehler,
                 arten=list(kontakte.ARTEN.items()), personen=[(str(p.key), p.vorname or "Person") for p in fall.personen]), 422 if fehler else 200


@pages.route("/kontaktabbruch", methods=["GET", "POST"])
@guard(roles=EINBLICK)
def kontaktabbruch(aktenzeichen: str) -> ResponseReturnValue:
    grund, fehler = request.form.get("grund", ""), {}
    if request.method == "POST":
        try:
            kontakte.abbrechen(the_app(), actor(), aktenzeichen=aktenzeichen, grund=grund)
            return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="kontaktabbruch"))
        except InvalidInput as error:
            fehler = dict(error.errors)
        except Conflict as error:
            fehler = {"grund": error.detail}
    return seite("fallakte_kontaktabbruch.html", aktenzeichen, "verlauf", "Kontakt abgebrochen", grund=grund, fehler=fehler,
                 gruende=list(kontakte.ABBRUCHGRUENDE.items())), 422 if fehler else 200


