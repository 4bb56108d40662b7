"""One task: its form, its draft, completing it and what comes next."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from forms.uploads import MAX_UPLOAD
from services import anmeldung, formular
from services.dokumente import lesen, unterlagen
from services.dokumente.unterlagen import Hochgeladen
from services.errors import Conflict, InvalidInput, NotFound, TaskNotOpen
from services.fall import uebergaben_lesen
from services.kurzfassung import kurzfassungen, person_name
from services.prozess import tasks
from web import grenzen
from web.anzeige import uhrzeit
from web.auth import actor, the_app
from web.errors import status_of
from web.guards import guard
from web.pages.aufgaben import mit_meldung
from web.pages.dokumente import als_datei

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flask.typing import ResponseReturnValue

    from forms.shape import MultiDict
    from services.formular import Aufgabe
    from services.prozess.tasks import TaskInfo

pages = Blueprint("aufgabe", __name__)

NEXT_TASKS = 5
DATEI = "_datei-"
BEHALTEN = "Ihre Eingaben sind als Entwurf gespeichert. Die Aufgabe ist noch offen."


@pages.get("/aufgaben/<nummer:key>")
@guard()
def zeigen(key: int) -> ResponseReturnValue:
    aufgabe = formular.zeigen(the_app(), actor(), key=key)
    if aufgabe.task.status != "CREATED":
        return schon_erledigt(aufgabe.task, "")
    return seite(aufgabe)


def seite(aufgabe: Aufgabe, *, satz: str = "") -> str:
    """The page of an open task."""
    task, me = aufgabe.task, actor()
    fall = kurzfassungen(the_app(), me, aktenzeichen=[task.business_id] if task.business_id else [])
    person = None
    if aufgabe.person is not None and task.business_id:
        person = person_name(the_app(), me, aktenzeichen=task.business_id, person=aufgabe.person)
    return render_template(
        "seiten/aufgabe.html", aufgabe=aufgabe, person=person, task=task, view=aufgabe.view, satz=satz, fall=fall.get(task.business_id or ""),
        namen=anmeldung.namen(the_app(), me, logins=[task.assignee]), liste=url_for("aufgaben.liste"),
        hier=url_for("aufgabe.zeigen", key=task.key))


@pages.post("/aufgaben/<nummer:key>")
@guard()
def absenden(key: int) -> ResponseReturnValue:
    """Complete the task, keep a draft, or look again: which button was pressed decides."""
    app, me = the_app(), actor()
    data: MultiDict | Mapping[str, Any] = request.form
    pressed = frozenset(request.form)
    fehler: dict[str, str] = {}
    try:
        if (zu_viel := grenzen.zu_viel()) is not None:
            offen = formular.anpassen(app, me, key=key, data=data, fehler=dict.fromkeys(gefuellt(), zu_viel))
            return seite(offen, satz=BEHALTEN), HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        dateien, ohne = angehaengt(), request.form.get("_datei_entfernen")
        if dateien or ohne:
            data, fehler = formular.mit_dateien(app, me, key=key, data=data, dateien=dateien, ohne=ohne)
        if "_speichern" in pressed and not fehler:
            formular.entwurf(app, me, key=key, data=data)
            return redirect(url_for("aufgaben.liste", meldung="entwurf"))
        if "_abschliessen" not in pressed:  # another look at the form, rows added or removed, a file added or removed
            offen = formular.anpassen(app, me, key=key, data=data, fehler=fehler)
            return seite(offen, satz=BEHALTEN if fehler else ""), 422 if fehler else 200
        again = formular.abschliessen(app, me, key=key, data=data, fehler=fehler)
    except TaskNotOpen as error:
        offen = formular.zeigen(app, me, key=key, data=data)
        return schon_erledigt(offen.task, offen.in_worten), status_of(error)
    if again is not None:
        return seite(again, satz=BEHALTEN), 422
    return redirect(url_for("aufgabe.fertig", key=key))


def gefuellt() -> list[str]:
    """Names of the fields into which files were put."""
    return list(dict.fromkeys(name.removeprefix(DATEI) for name, file in request.files.items(multi=True) if name.startswith(DATEI) and file.filename))


def angehaengt() -> list[Hochgeladen]:
    """The files of the post. A field into which nothing was put sends a nameless, empty one."""
    found = []
    for name, file in request.files.items(multi=True):
        with file.stream as stream:
            if name.startswith(DATEI) and file.filename:
                found.append(Hochgeladen(feld=name.removeprefix(DATEI), dateiname=file.filename, inhalt=stream.read(MAX_UPLOAD + 1)))
    return found


@pages.get("/aufgaben/<nummer:key>/dateien/<nummer:verweis>")
@guard()
def datei(key: int, verweis: int) -> ResponseReturnValue:
    """A file of the own draft; one that is a document of the case by now is opened there."""
    try:
        return als_datei(formular.datei(the_app(), actor(), key=key, verweis=verweis))
    except NotFound:
        return als_datei(lesen.neueste(the_app(), actor(), dokument=verweis))


@pages.post("/aufgaben/<nummer:key>/entwurf")
@guard()
def entwurf(key: int) -> ResponseReturnValue:
    """Saving while the person types; the answer is the sentence for the status line."""
    saved = formular.entwurf(the_app(), actor(), key=key, data=request.form)
    return jsonify(satz=f"Entwurf um {uhrzeit(saved)} gespeichert. Wir speichern, während Sie schreiben.")


@pages.get("/aufgaben/<nummer:key>/fertig")
@guard()
def fertig(key: int) -> ResponseReturnValue:
    """What happened, and what comes next in the case."""
    app, me = the_app(), actor()
    task = tasks.get(app, me, key=key)
    if task.status == "CREATED":
        return redirect(url_for("aufgabe.zeigen", key=key))
    folgen: tuple[TaskInfo, ...] = ()
    fall = uebergabe = None
    if task.business_id:
        folgen = tasks.of_case(app, me, business_id=task.business_id)[:NEXT_TASKS]
        fall = kurzfassungen(app, me, aktenzeichen=[task.business_id]).get(task.business_id)
        uebergabe = next((u for u in uebergaben_lesen.fuer_fall(app, me, aktenzeichen=task.business_id)
                          if u.status == "angeboten" and u.absender == me.organisation), None) if fall and not folgen else None
    mine = [t for t in folgen if t.assignee == me.login or (t.assignee is None)]
    weiter = mine[0] if mine else None
    return render_template("seiten/fertig.html", task=task, abgegeben=unterlagen.der_aufgabe(app, me, key=key), folgen=folgen, weiter=weiter, fall=fall, uebergabe=uebergabe,
                           namen=anmeldung.namen(app, me, logins=[t.assignee for t in folgen]))


def schon_erledigt(task: TaskInfo, eingaben: str) -> str:
    """Somebody was faster; what was typed is not lost."""
    me = actor()
    names = anmeldung.namen(the_app(), me, logins=[task.completed_by])
    fall = kurzfassungen(the_app(), me, aktenzeichen=[task.business_id] if task.business_id else [])
    return render_template("seiten/schon_erledigt.html", task=task, abgegeben=unterlagen.der_aufgabe(the_app(), me, key=task.key),
                           eingaben=eingaben, wer=names.get(task.completed_by or "", ""),
                           selbst=task.completed_by == me.login, fall=fall.get(task.business_id or ""))


@pages.post("/aufgaben/<nummer:key>/uebernehmen")
@guard()
def uebernehmen(key: int) -> ResponseReturnValue:
    tasks.assign(the_app(), actor(), key=key, assignee=actor().login, allow_override=False)
    return redirect(url_for("aufgabe.zeigen", key=key, meldung="uebernommen"))


@pages.post("/aufgaben/<nummer:key>/zurueckgeben")
@guard()
def zurueckgeben(key: int) -> ResponseReturnValue:
    tasks.unassign(the_app(), actor(), key=key)
    return redirect(mit_meldung(url_for("aufgaben.liste"), "zurueckgegeben"))


@pages.post("/aufgaben/<nummer:key>/verwerfen")
@guard()
def verwerfen(key: int) -> ResponseReturnValue:
    """Throw the draft away and begin again with what the Fallakte knows."""
    formular.verwerfen(the_app(), actor(), key=key)
    return redirect(url_for("aufgabe.zeigen", key=key, meldung="verworfen"))


@pages.post("/aufgaben/<nummer:key>/entwurf-uebernehmen")
@guard()
def entwurf_uebernehmen(key: int) -> ResponseReturnValue:
    """Go on with the draft of the colleague who had the task before."""
    done = formular.fremden_uebernehmen(the_app(), actor(), key=key)
    return redirect(url_for("aufgabe.zeigen", key=key, meldung="entwurf_da" if done else None))


@pages.route("/aufgaben/<nummer:key>/zuweisen", methods=["GET", "POST"])
@guard()
def zuweisen(key: int) -> ResponseReturnValue:
    """Give the task to a colleague of the own organisation."""
    app, me = the_app(), actor()
    task = tasks.get(app, me, key=key)
    kollegen = anmeldung.kollegen(app, me)
    fehler: dict[str, str] = {}
    if request.method == "POST":
        person, grund = request.form.get("person", ""), request.form.get("grund", "").strip()[:500]
        try:
            if person not in {k.login for k in kollegen}:
                raise InvalidInput(errors={"person": "Wählen Sie eine Person aus."})
            tasks.assign(app, me, key=key, assignee=person, reason=grund or None)
            return redirect(mit_meldung(url_for("aufgaben.liste"), "zugewiesen"))
        except TaskNotOpen as error:
            return schon_erledigt(tasks.get(app, me, key=key), ""), status_of(error)
        except InvalidInput as error:
            fehler = error.errors
        except Conflict as error:
            fehler = {"person": error.detail}
    return render_template("seiten/zuweisen.html", task=task, fehler=fehler,
                           personen=[(k.login, k.name) for k in kollegen if k.login != task.assignee],
                           person=request.form.get("person", ""), grund=request.form.get("grund", "")), 422 if fehler else 200
