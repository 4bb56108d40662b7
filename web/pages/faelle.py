"""Cases: the list, the search and opening a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, request, url_for

from services import anmeldung
from services.errors import InvalidInput
from services.fall import faelle, faelle_liste, fakten, fallsuche
from services.fall.phasen import phasen
from web.adressen import seitenzahl
from web.anzeige import datum, heute, parse_datum
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from flask.typing import ResponseReturnValue

pages = Blueprint("faelle", __name__)

PAGE = 50
RECHTSKREIS = {"asylblg": "AsylbLG", "sgb2": "SGB II", "sgb3": "SGB III", "sgb8": "SGB VIII", "sgb12": "SGB XII"}
AUFENTHALT = {
    "asylverfahren": "laufendes Asylverfahren", "bleiberecht": "Bleiberecht", "duldung": "Duldung", "eu_freizuegigkeit": "EU-Freizügigkeit",
    "visum_drei_monate": "Visum bis drei Monate", "gesundheitsvisum": "Visum aus Gesundheitsgründen", "studium": "Studium",
    "unbegleitet_minderjaehrig": "unbegleitet minderjährig",
}
ZUGANGSWEGE = {  # the keys are those on which the access processes decide
    "person": "von sich aus", "buergerservice": "Bürgerservice", "unterkunft": "Unterkunft oder Asylbetreuung", "familiennachzug": "Familiennachzug",
    "auslaenderbehoerde": "Ausländerbehörde", "sozialamt": "Sozialamt", "jobcenter": "Jobcenter", "beratungsstelle": "Beratungsstelle",
    "schule_kita": "Schule oder Kita", "ehrenamt": "Ehrenamt", "neuanmeldung": "Neuanmeldung in der Kommune", "arbeitsagentur": "Agentur für Arbeit",
    "jugendamt": "Jugendamt", "fachamt": "anderes Fachamt", "erstaufnahme": "Erstaufnahme", "welcome_point": "Welcome Point",
    "aufsuchend": "im Sozialraum angesprochen", "andere": "anderer Weg",
}
MEMBERS_MAX = 20
assert set(RECHTSKREIS) == set(fakten.RECHTSKREISE)
assert set(AUFENTHALT) == set(fakten.AUFENTHALT)


@pages.get("/faelle")
@guard(roles=("fallmanagement", "koordination", "partner"))
def liste() -> ResponseReturnValue:
    app, me = the_app(), actor()
    args = {name: value for name in ("phase", "rechtskreis", "nur", "status") if (value := request.args.get(name, "").strip()[:40])}
    if args.get("status") not in {"offen", "abgeschlossen", "alle"}:
        args.pop("status", None)
    if args.get("nur") not in {"meine", "ohne"}:
        args.pop("nur", None)
    number = seitenzahl()
    status = args.get("status", "offen")
    order = request.args.get("ordnung", "frist")
    page = faelle_liste.auflisten(
        app, me, grenze=PAGE, ab=(number - 1) * PAGE,
        sortierung_nach=order if order in {"frist", "name", "aktenzeichen", "phase", "angelegt"} else "frist", absteigend=order == "angelegt",
        filter_=faelle_liste.Filter(
            status=None if status == "alle" else status, phase=args.get("phase"), rechtskreis=args.get("rechtskreis"),
            login=me.login if args.get("nur") == "meine" else None, ohne_person=args.get("nur") == "ohne"))
    names = phasen(app.profil_of(me.mandant))
    texts = {
        "phase": f"Phase: {names.get(args.get('phase', ''), args.get('phase'))}",
        "rechtskreis": f"Rechtskreis: {RECHTSKREIS.get(args.get('rechtskreis', ''), args.get('rechtskreis'))}",
        "nur": "Nur meine" if args.get("nur") == "meine" else "Noch ohne verantwortliche Person",
        "status": "Offene und abgeschlossene" if status == "alle" else "Abgeschlossene",
    }

    def adresse(ohne: str = "", seite: int = 1, **neu: str) -> str:
        kept: dict[str, Any] = {**{name: value for name, value in args.items() if name != ohne}, **neu}
        return url_for("faelle.liste", seite=seite if seite > 1 else None, ordnung=order if order != "frist" else None, **kept)

    return render_template(
        "seiten/faelle.html", seite=page, chips=[(texts[name], adresse(name)) for name in args], adresse=adresse, nummer=number, anzahl_seite=PAGE,
        phasen=names, rechtskreise=RECHTSKREIS, ordnung=order, darf_anlegen=me.has_role("fallmanagement", "koordination"))


@pages.route("/suche", methods=["GET", "POST"])
@guard(roles=("fallmanagement", "koordination", "partner"))
def suche() -> ResponseReturnValue:
    """Search by POST: a name never stands in an address, a log or a history of the browser."""
    gesucht = request.form.get("q", "").strip()[:100]
    gefunden = fallsuche.suchen(the_app(), actor(), suche=gesucht)
    treffer = gefunden.zeilen
    if len(treffer) == 1 and treffer[0].aktenzeichen.casefold() == gesucht.casefold():
        return redirect(url_for("fallakte.ueberblick", aktenzeichen=treffer[0].aktenzeichen))
    return render_template("seiten/suche.html", gesucht=gesucht, treffer=treffer, gefunden=gefunden)


# -- a new case ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PersonZeile:
    """A member of the case as typed."""

    vorname: str = ""
    nachname: str = ""
    geburtsdatum: str = ""
    aufenthalt: str = ""
    rechtskreise: tuple[str, ...] = ()


def zugangswege() -> dict[str, str]:
    """The ways to a case that the Kommune knows, in its order: key -> words."""
    offered = the_app().profil_of(actor().mandant).regel["zugangswege"]
    return {key: ZUGANGSWEGE[key] for key in map(str, offered)} if isinstance(offered, tuple) else ZUGANGSWEGE


@pages.get("/faelle/neu")
@guard(roles=("fallmanagement", "koordination"))
def neu() -> ResponseReturnValue:
    return formular([PersonZeile()], {"zugangsweg": "", "erstkontakt": datum(heute()), "person": actor().login}, [], {})


def formular(personen: list[PersonZeile], werte: Mapping[str, str], rechtskreise: list[str], fehler: Mapping[str, str]) -> str:
    kollegen = [(k.login, k.name) for k in anmeldung.kollegen(the_app(), actor())]
    return render_template(
        "seiten/fall_neu.html", personen=personen, werte=werte, gewaehlt=rechtskreise, fehler=fehler, zugangswege=list(zugangswege().items()),
        rechtskreise=list(RECHTSKREIS.items()), aufenthalt=list(AUFENTHALT.items()), kollegen=kollegen, hoechstens=MEMBERS_MAX)


@pages.post("/faelle/neu")
@guard(roles=("fallmanagement", "koordination"))
def anlegen() -> ResponseReturnValue:
    form = request.form
    personen = typed_people()
    werte = {name: form.get(name, "").strip()[:200] for name in ("zugangsweg", "erstkontakt", "person")}
    rechtskreise = form.getlist("rechtskreise")
    if "_hinzufuegen" in form:
        return formular([*personen, PersonZeile()][:MEMBERS_MAX], werte, rechtskreise, {})
    if "_entfernen" in form:
        gone = form["_entfernen"]
        kept = [p for number, p in enumerate(personen) if str(number) != gone or number == 0]
        return formular(kept, werte, rechtskreise, {})
    fehler: dict[str, str] = {}
    members = [member(number, person, fehler) for number, person in enumerate(personen)]
    contact = day("erstkontakt", werte["erstkontakt"], fehler)
    if werte["zugangsweg"] not in zugangswege():
        fehler["zugangsweg"] = "Wählen Sie aus, wie die Person zu Ihnen gekommen ist."
    if not fehler:
        try:
            aktenzeichen = faelle.anlegen(
                the_app(), actor(), personen=members, zugangsweg=werte["zugangsweg"], erstkontakt=contact, rechtskreise=rechtskreise,
                login=werte["person"] or None)
            return redirect(url_for("fallakte.ueberblick", aktenzeichen=aktenzeichen, meldung="angelegt"))
        except InvalidInput as error:
            fehler = {name.replace("personen.", "p").replace(".", "-"): text for name, text in error.errors.items()} or {"erstkontakt": error.detail}
    return formular(personen, werte, rechtskreise, fehler), 422


def typed_people() -> list[PersonZeile]:
    """The rows of the form; wholly empty ones after the first are dropped."""
    rows: list[PersonZeile] = []
    for number in range(MEMBERS_MAX):
        if f"p{number}-nachname" not in request.form:
            break
        rows.append(PersonZeile(**{name: request.form.get(f"p{number}-{name}", "").strip()[:200]
                                   for name in ("vorname", "nachname", "geburtsdatum", "aufenthalt")},
                                rechtskreise=tuple(r[:40] for r in request.form.getlist(f"p{number}-rechtskreise"))))
    kept = [row for number, row in enumerate(rows) if number == 0 or row != PersonZeile() or "_hinzufuegen" in request.form]
    return kept or [PersonZeile()]


def member(number: int, row: PersonZeile, fehler: dict[str, str]) -> faelle.NeuePerson:
    born = day(f"p{number}-geburtsdatum", row.geburtsdatum, fehler) if row.geburtsdatum else None
    for name, words in (("vorname", "Geben Sie den Vornamen an."), ("nachname", "Geben Sie den Nachnamen an.")):
        if not getattr(row, name):
            fehler[f"p{number}-{name}"] = words
    return faelle.NeuePerson(vorname=row.vorname, nachname=row.nachname, geburtsdatum=born, hauptperson=number == 0,
                             aufenthalt=row.aufenthalt or None, rechtskreise=row.rechtskreise or None)


def day(field: str, text: str, fehler: dict[str, str]) -> date | None:
    try:
        return parse_datum(text)
    except ValueError as error:
        fehler[field] = str(error)
        return None
