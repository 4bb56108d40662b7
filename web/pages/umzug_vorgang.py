"""One running instance, and interventions in one or several: another step, rest, go on, end. Each with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup

from services import anmeldung, fallweg
from services.errors import Conflict, InvalidInput, NotFound, ServiceError
from services.prozess import instances, sammel, umzug, umzug_lesen
from web.auth import actor, the_app
from web.guards import guard
from web.pages.umzug import BETRIEB, keys_in, pruefe_grund

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from services.prozess.instances import InstanceInfo

pages = Blueprint("umzug_vorgang", __name__, url_prefix="/umzug/vorgang")

EINGRIFFE = {
    "verlegen": "MODIFY_PROCESS_INSTANCE", "ruhen": "SUSPEND_PROCESS_INSTANCE", "fortsetzen": "RESUME_PROCESS_INSTANCE", "beenden": "CANCEL_PROCESS_INSTANCE",
}
# Where a token can be put by hand; the rest begins by itself or only with its own event.
KEIN_ZIEL = umzug_lesen.NEVER_HELD - {"endEvent"} | {"boundaryEvent"}


@pages.get("/<nummer:key>")
@guard(roles=BETRIEB)
def zeigen(key: int) -> ResponseReturnValue:
    """Where an instance stands, and what can be done with it."""
    app, me = the_app(), actor()
    weg = fallweg.weg(app, me, key=key, adresse=lambda _: "#schritte", aufruf=lambda called: url_for("umzug_vorgang.zeigen", key=called))
    family = instances.family_of(app, me, root_key=weg.instanz.root_key)
    bild = Markup(weg.svg) if weg.svg else None  # noqa: S704  drawn by us from the model, every text in it is escaped there
    oben = next((i for i in family if i.key == weg.instanz.parent_key), None)
    return render_template("seiten/umzug_vorgang.html", vorgang=weg.instanz, weg=weg, bild=bild, oben=oben,
                           gerufen=[i for i in family if i.parent_key == key], laeuft=laeuft(weg.instanz),
                           namen=anmeldung.namen(app, me, logins=[s.wer for s in weg.schritte]))


def laeuft(vorgang: InstanceInfo) -> bool:
    """Whether the instance has not ended."""
    return vorgang.status in {"ACTIVE", "SUSPENDED"}


# -- another step for one instance ---------------------------------------------------------------------------------------------
@pages.get("/<nummer:key>/verlegen")
@guard(roles=BETRIEB)
def verlegen(key: int) -> ResponseReturnValue:
    return stellen(key)


@pages.post("/<nummer:key>/verlegen")
@guard(roles=BETRIEB)
def verlegen_absenden(key: int) -> ResponseReturnValue:
    """The dry run, or the move itself."""
    app, me = the_app(), actor()
    von, nach = request.form.get("von", ""), request.form.get("nach", "")
    offen, ziele = schritte(key)
    fehler = {name: sentence for name, sentence, missing in (
        ("von", "Wählen Sie den Schritt, der enden soll.", von not in dict(offen)),
        ("nach", "Wählen Sie den Schritt, an dem es weitergeht.", nach not in dict(ziele))) if missing}
    if request.form.get("schritt") == "beginnen":
        fehler |= pruefe_grund()
    if fehler:
        return stellen(key, fehler=fehler), 422
    try:
        if request.form.get("schritt") != "beginnen":
            return stellen(key, danach=umzug.after_move(app, me, key=key, moves=[(von, nach)]))
        umzug.move(app, me, key=key, moves=[(von, nach)], reason=request.form["grund"].strip())
    except (Conflict, InvalidInput) as error:
        return stellen(key, fehler={"nach": error.detail}), 422
    return redirect(url_for("umzug_vorgang.zeigen", key=key, meldung="eingriff_verlegen"))


def schritte(key: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Steps at which the instance stands, and steps at which it could go on: (id, name)."""
    app, me = the_app(), actor()
    vorgang = instances.get(app, me, key=key)
    if not laeuft(vorgang):
        raise NotFound("Dieser Vorgang ist bereits beendet.")
    alle = umzug_lesen.elemente(app, me, definition_key=vorgang.definition_key)
    hier = {p.element_id for p in instances.places(app, me, key=key) if p.open}
    offen = [(e.id, e.name) for e in alle if e.id in hier and e.type != "subProcess"]
    return offen, [(e.id, e.name) for e in alle if e.type not in KEIN_ZIEL]


def stellen(key: int, *, fehler: dict[str, str] | None = None, danach: tuple[str, ...] | None = None) -> str:
    """The form. ``danach``: element ids of what would be open after the move."""
    vorgang = instances.get(the_app(), actor(), key=key)
    offen, ziele = schritte(key)
    namen = umzug_lesen.namen(the_app(), actor(), definition_key=vorgang.definition_key)
    von = request.form.get("von") or (offen[0][0] if len(offen) == 1 else "")
    return render_template("seiten/umzug_verlegen.html", vorgang=vorgang, offen=offen, ziele=sorted(ziele, key=lambda z: z[1].casefold()), von=von,
                           nach=request.form.get("nach", ""), grund=request.form.get("grund", ""), fehler=fehler or {},
                           danach=None if danach is None else [namen.get(element, element) for element in danach])


# -- one or several ------------------------------------------------------------------------------------------------------------
@pages.post("/eingriff")
@guard(roles=BETRIEB)
def eingriff(fehler: dict[str, str] | None = None) -> ResponseReturnValue:
    """Ask before anything happens: what it means, for how many, and why."""
    app, me = the_app(), actor()
    tun, keys = request.form.get("tun", ""), keys_in("vorgang", most=200)
    if tun not in EINGRIFFE:
        raise InvalidInput("Diesen Eingriff gibt es nicht.")
    if not keys:
        return redirect(url_for("umzug.modell", prozess=request.form.get("prozess", "-")[:200], fassung=request.form.get("fassung", ""), leer=1))
    gewaehlt = [instances.get(app, me, key=key) for key in keys]
    # What was called by another rests and ends with the one that called it.
    vorgaenge = [v for v in gewaehlt if laeuft(v) and (tun == "verlegen" or v.parent_key is None)]
    if not vorgaenge:
        return render_template("seiten/umzug_eingriff.html", tun=tun, vorgaenge=[], anzahl=len(gewaehlt), prozess=gewaehlt[0].process_id,
                               fassung=gewaehlt[0].definition_key, name=gewaehlt[0].name, fehler={})
    alle = umzug_lesen.elemente(app, me, definition_key=vorgaenge[0].definition_key) if tun == "verlegen" else ()
    return render_template(
        "seiten/umzug_eingriff.html", tun=tun, vorgaenge=vorgaenge, anzahl=len(vorgaenge), ausgelassen=len(gewaehlt) - len(vorgaenge), fehler=fehler or {},
        grund=request.form.get("grund", ""),
        von=request.form.get("von", ""), nach=request.form.get("nach", ""), prozess=vorgaenge[0].process_id, fassung=vorgaenge[0].definition_key, name=vorgaenge[0].name,
        quellen=[(e.id, e.name) for e in alle if e.type not in umzug_lesen.NEVER_HELD | {"subProcess"}],
        ziele=[(e.id, e.name) for e in alle if e.type not in KEIN_ZIEL]), 422 if fehler else 200


@pages.post("/eingriff/beginnen")
@guard(roles=BETRIEB)
def eingreifen() -> ResponseReturnValue:
    """One instance at once; several by an order."""
    app, me = the_app(), actor()
    tun, keys, fehler = request.form.get("tun", ""), keys_in("vorgang", most=200), pruefe_grund()
    von, nach, grund = request.form.get("von", ""), request.form.get("nach", ""), request.form.get("grund", "").strip()
    if tun == "verlegen":
        fehler |= {name: "Wählen Sie einen Schritt." for name, value in (("von", von), ("nach", nach)) if not value}
    if fehler or tun not in EINGRIFFE or not keys:
        return eingriff(fehler)
    if len(keys) == 1 and tun != "verlegen":
        try:
            if tun == "beenden":
                instances.cancel(app, me, key=keys[0], reason=grund)
            else:
                instances.set_suspended(app, me, key=keys[0], suspended=tun == "ruhen", reason=grund)
        except ServiceError as error:
            return eingriff({"grund": error.detail})
        return redirect(url_for("umzug_vorgang.zeigen", key=keys[0], meldung=f"eingriff_{tun}"))
    auftrag = sammel.create(app, me, kind=EINGRIFFE[tun], filters={"processInstanceKey": {"$in": [str(key) for key in keys]}}, reason=grund,
                            parameters={"moves": [[von, nach]]} if tun == "verlegen" else {})
    return redirect(url_for("umzug_auftraege.zeigen", key=auftrag, meldung="auftrag"))
