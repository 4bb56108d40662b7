"""*Laufende Modelle*: which versions run, and moving their cases to another one: assignment of steps, dry run, order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup

from services.errors import InvalidInput
from services.prozess import sammel, umzug, umzug_lesen
from web.adressen import MAX_KEY
from web.auth import actor, the_app
from web.guards import guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from services.prozess.umzug import Aussicht, Plan, Termin
    from services.prozess.umzug_lesen import Fassung, Gegenueber, Modell

pages = Blueprint("umzug", __name__, url_prefix="/umzug")

BETRIEB = ("koordination", "prozessverantwortung", "verwaltung")
GRUND_MAX = 500
MOST_DRY = 50  # instances of one dry run
KEIN_GRUND = "Nennen Sie einen Grund. Er steht später im Protokoll und im Verlauf der Fälle."


# -- models ----------------------------------------------------------------------------------------------------------------
@pages.get("")
@guard(roles=BETRIEB)
def modelle() -> ResponseReturnValue:
    """Models that run, those with cases in old versions first."""
    found = umzug_lesen.modelle(the_app(), actor())
    return render_template("seiten/umzug_modelle.html", modelle=[m for m in found if m.laufend], ruhende=[m for m in found if not m.laufend])


@pages.get("/modell/<prozess>")
@guard(roles=BETRIEB)
def modell(prozess: str) -> ResponseReturnValue:
    """A model: its versions, and of the chosen one (else the newest that runs) the diagram with counts and the running cases."""
    app, me = the_app(), actor()
    found = umzug_lesen.modell(app, me, prozess=prozess)
    fassung = found.fassung(key_in("fassung")) or next((f for f in found.fassungen if f.laufend), found.neueste)
    zahlen = umzug_lesen.staende(app, me, definition_key=fassung.key) if fassung.laufend else {}
    laeufe, mehr = umzug_lesen.laeufe(app, me, definition_key=fassung.key, nach=key_in("nach") or 0)
    return render_template(
        "seiten/umzug_modell.html", modell=found, fassung=fassung, laeufe=laeufe, mehr=mehr,
        bild=bild(found, fassung, zahlen, "fassung"), schritte=benannt(zahlen, umzug_lesen.namen(app, me, definition_key=fassung.key)),
        fehler={"auswahl": "Wählen Sie mindestens einen Vorgang aus."} if request.args.get("leer") else {})


def key_in(name: str) -> int | None:
    """A key in the address or the form; nonsense is none."""
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_KEY else None


def keys_in(name: str, most: int = 1000) -> list[int]:
    """Keys of ticked boxes."""
    return [int(text) for text in request.form.getlist(name)[:most] if text.isascii() and text.isdecimal() and len(text) < 19]


def bild(model: Modell, fassung: Fassung, zahlen: Mapping[str, int], prefix: str) -> Markup | None:
    """The diagram of a version."""
    svg = umzug_lesen.bild(the_app(), actor(), definition_key=fassung.key, zahlen=zahlen, prefix=prefix, titel=f"{model.name}, Fassung {fassung.version}")
    return Markup(svg) if svg else None  # noqa: S704  drawn by us from the model, every text in it is escaped there


def benannt(zahlen: Mapping[str, int], namen: Mapping[str, str]) -> list[tuple[str, int]]:
    """Counts with the names of their elements, the most first."""
    return sorted(((namen.get(element, element), number) for element, number in zahlen.items()), key=lambda pair: (-pair[1], pair[0]))


# -- moving ----------------------------------------------------------------------------------------------------------------
@pages.get("/modell/<prozess>/umziehen")
@guard(roles=BETRIEB)
def umziehen(prozess: str) -> ResponseReturnValue:
    """The first step: both versions, and which step becomes which."""
    return zuordnen(umzug_lesen.modell(the_app(), actor(), prozess=prozess), {})


@pages.post("/modell/<prozess>/umziehen")
@guard(roles=BETRIEB)
def umziehen_absenden(prozess: str) -> ResponseReturnValue:
    """The dry run, back to the assignment, or the start. The choices travel in the form, so nothing is stored before the start."""
    app, me = the_app(), actor()
    found = umzug_lesen.modell(app, me, prozess=prozess)
    wahl = {name.removeprefix("ziel-"): value for name, value in request.form.items() if name.startswith("ziel-")}
    von, nach = fassungen(found)
    if von is None or nach is None or request.form.get("schritt") == "zuordnung":
        return zuordnen(found, wahl)
    try:
        mapping = umzug_lesen.zuordnung(app, me, source_key=von.key, target_key=nach.key, gewaehlt=wahl)
    except InvalidInput as error:
        return zuordnen(found, wahl, fehler=error.errors), 422
    neu = sorted(set(request.form.getlist("neu")))
    if request.form.get("schritt") != "beginnen":
        return probelauf(found, von, nach, wahl, mapping, neu)
    fehler = pruefe_start()
    if fehler:
        return probelauf(found, von, nach, wahl, mapping, neu, fehler=fehler), 422
    filters: dict[str, object] = {"processDefinitionKey": str(von.key)}
    if request.form.get("umfang") == "auswahl":
        filters["processInstanceKey"] = {"$in": [str(key) for key in keys_in("vorgang")]}
    auftrag = sammel.create(app, me, kind="MIGRATE_PROCESS_INSTANCE", filters=filters, reason=request.form["grund"].strip(),
                            parameters={"definition": nach.key, "mapping": mapping, "recompute": neu})
    return redirect(url_for("umzug_auftraege.zeigen", key=auftrag, meldung="auftrag"))


def pruefe_start() -> dict[str, str]:
    """What is missing before an order can be placed."""
    fehler: dict[str, str] = {}
    if request.form.get("umfang") == "auswahl" and not keys_in("vorgang"):
        fehler["umfang"] = "Wählen Sie in der Tabelle mindestens einen Vorgang aus, oder lassen Sie alle umziehen."
    return fehler | pruefe_grund()


def pruefe_grund() -> dict[str, str]:
    """The reason: there, and not too long."""
    grund = request.form.get("grund", "").strip()
    if not grund:
        return {"grund": KEIN_GRUND}
    return {"grund": f"Kürzen Sie den Grund auf höchstens {GRUND_MAX} Zeichen. Jetzt sind es {len(grund)}."} if len(grund) > GRUND_MAX else {}


def fassungen(model: Modell) -> tuple[Fassung | None, Fassung | None]:
    """Source and target; by default the newest version that is not the latest but runs, and the latest. None where nothing fits."""
    von, nach = model.fassung(key_in("von")), model.fassung(key_in("nach"))
    if request.values.get("von") is None and request.values.get("nach") is None:
        nach = model.neueste
        von = next((f for f in model.fassungen[1:] if f.laufend), None)
    return (None, None) if von is None or nach is None or von.key == nach.key else (von, nach)


def zuordnen(model: Modell, wahl: Mapping[str, str], fehler: Mapping[str, str] | None = None) -> str:
    """The first step. Without a choice the proposals are chosen."""
    app, me = the_app(), actor()
    von, nach = fassungen(model)
    values: dict[str, object] = {"modell": model, "von": von, "nach": nach, "gegen": None, "fehler": fehler or {}}
    if von is not None and nach is not None:
        gegen = umzug_lesen.gegenueber(app, me, source_key=von.key, target_key=nach.key)
        gewaehlt = {z.id: wahl.get(z.id, z.vorschlag or "") for z in gegen.zeilen}
        dort, verloren = ankunft(gegen, gewaehlt)
        values |= {
            "gegen": gegen, "gewaehlt": gewaehlt, "verloren": verloren,
            "wichtig": [z for z in gegen.zeilen if z.stehen or z.grund != "gleich"],
            "gleich": [z for z in gegen.zeilen if not z.stehen and z.grund == "gleich"],
            "alt_bild": bild(model, von, {z.id: z.stehen for z in gegen.zeilen}, "alt"), "neu_bild": bild(model, nach, dort, "neu")}
    elif request.values.get("von") is not None or request.values.get("nach") is not None:
        values["fehler"] = {"nach": "Wählen Sie zwei verschiedene Fassungen."}
    return render_template("seiten/umzug_zuordnung.html", **values)


def ankunft(gegen: Gegenueber, gewaehlt: Mapping[str, str]) -> tuple[dict[str, int], int]:
    """How many tokens would arrive at each element of the new version, and how many would have no place."""
    dort: dict[str, int] = {}
    for zeile in gegen.zeilen:
        if zeile.stehen and gewaehlt[zeile.id]:
            dort[gewaehlt[zeile.id]] = dort.get(gewaehlt[zeile.id], 0) + zeile.stehen
    return dort, sum(z.stehen for z in gegen.zeilen if not gewaehlt[z.id])


# -- the dry run -----------------------------------------------------------------------------------------------------------
ARTEN = {"user_tasks": "Aufgabe", "jobs": "automatischer Schritt", "calls": "aufgerufener Prozess", "subscriptions": "Warten auf eine Nachricht",
         "incidents": "Störung"}


@dataclass(frozen=True, kw_only=True)
class Uhrzeile:
    """A timer or deadline of the new version over all cases of the page. ``anzahl``: how many cases have it."""

    element: str
    name: str
    art: str
    anzahl: int
    alt: datetime | None
    neu: datetime | None


def probelauf(model: Modell, von: Fassung, nach: Fassung, wahl: Mapping[str, str], mapping: Mapping[str, str], neu: list[str],
              fehler: Mapping[str, str] | None = None) -> str:
    """The second step: what would happen to each case. Nothing is written."""
    app, me = the_app(), actor()
    ab = key_in("ab") or 0
    plan = umzug.plan(app, me, source_key=von.key, target_key=nach.key, mapping=mapping, recompute=neu, after=ab, limit=MOST_DRY)
    alte, neue = (umzug_lesen.namen(app, me, definition_key=f.key) for f in (von, nach))
    faelle = sorted(plan.instances, key=lambda a: (not a.problems, a.key))
    return render_template(
        "seiten/umzug_probelauf.html", modell=model, von=von, nach=nach, wahl=wahl, neu=neu, plan=plan, faelle=faelle, fehler=fehler or {},
        uhren=uhren(plan, neue), alte=alte, neue=neue, arten=ARTEN, ab=ab, letzter=letzter(plan), satz=lambda p: umzug_lesen.satz(p, alte, neue),
        umfang=request.form.get("umfang", "alle"), gewaehlt=set(keys_in("vorgang")), grund=request.form.get("grund", ""), orte=orte)


def letzter(plan: Plan) -> int | None:
    """The key after which the dry run goes on; None if it has seen everything."""
    return plan.instances[-1].key if len(plan.instances) == MOST_DRY else None


def orte(aussicht: Aussicht) -> list[tuple[str, str | None, str | None, int]]:
    """Open things of a case as (kind, old id, new id, how many)."""
    counted: dict[tuple[str, str | None, str | None], int] = {}
    for place in aussicht.places:
        key = (place.kind, place.old, place.new)
        counted[key] = counted.get(key, 0) + 1
    return [(*key, number) for key, number in counted.items()]


def uhren(plan: Plan, neue: Mapping[str, str]) -> list[Uhrzeile]:
    """Timers and deadlines by element, in the order of the earliest."""
    grouped: dict[tuple[str, str], list[Termin]] = {}
    for aussicht in plan.instances:
        for time in aussicht.times:
            grouped.setdefault((time.element, time.kind), []).append(time)
    rows = [Uhrzeile(element=element, name=neue.get(element, element), art="Frist der Aufgabe" if kind == "deadline" else "Termin des Prozesses",
                     anzahl=len(times), alt=earliest(t.old for t in times), neu=earliest(t.new for t in times)) for (element, kind), times in grouped.items()]
    return sorted(rows, key=lambda row: (row.neu is None, row.neu or row.alt, row.name))


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((t for t in times if t is not None), default=None)
