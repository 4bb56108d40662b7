"""Tasks: my lists, a task with its form, drafts, claiming, giving back, assigning, completing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from forms.shape import Door
from services import anmeldung, formular
from services.aufgaben import complete_with_form, open_form
from services.errors import InvalidInput, NotPermitted
from services.prozess import entwuerfe, tasks
from web.anzeige import start_of
from web.api_v1.basis import Bereich, as_json
from web.api_v1.felder import Schema, Schluessel, Tag, Zeitpunkt, ganze_zahl, liste_von, text, wahl
from web.api_v2.definitions import form_by
from web.auth import actor, the_app
from web.pages.aufgaben import TABS
from web.pages.fallakte import EINBLICK

if TYPE_CHECKING:
    from datetime import datetime

    from services.prozess.tasks import TaskInfo

bereich = Bereich(name="Aufgaben")
OFFEN = "CREATED"


# -- shapes ------------------------------------------------------------------------------------------------------------
class Aufgabe(Schema):
    """A task. ``status``: CREATED while it is open, COMPLETED or CANCELED afterwards."""

    key = Schluessel(required=True)
    name = text(required=True)
    element_id = text(required=True)
    process_id = text(required=True)
    version = ma.fields.Integer(required=True)
    instance_key = Schluessel(required=True)
    root_key = Schluessel(required=True)
    aktenzeichen = text(required=True, allow_none=True, attribute="business_id")
    assignee = text(required=True, allow_none=True)
    candidate_groups = liste_von(ma.fields.String(), required=True)
    candidate_users = liste_von(ma.fields.String(), required=True)
    due = Zeitpunkt(required=True, allow_none=True)
    follow_up = Zeitpunkt(required=True, allow_none=True)
    priority = ma.fields.Integer(required=True)
    status = text(required=True)
    form_id = text(required=True, allow_none=True)
    created = Zeitpunkt(required=True)
    ended = Zeitpunkt(required=True, allow_none=True)
    completed_by = text(required=True, allow_none=True)


class AufgabenSeite(Schema):
    """A page of tasks, the most overdue first. ``anzahl`` counts the lists of the person, each up to a limit."""

    eintraege = liste_von(Aufgabe, required=True, attribute="items")
    weitere = ma.fields.Boolean(required=True, attribute="has_more")
    anzahl = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)


class AufgabenListe(Schema):
    """The tasks of a case."""

    eintraege = liste_von(Aufgabe, required=True)


class Entwurf(Schema):
    """What the person typed so far, valid or not."""

    werte = ma.fields.Dict(keys=ma.fields.String(), required=True)
    gespeichert = Zeitpunkt(required=True)


class Formular(Schema):
    """The form of an open task: the form-js document, and the answers that are known."""

    form_id = text(required=True)
    version = ma.fields.Integer(required=True)
    dokument = ma.fields.Dict(keys=ma.fields.String(), required=True, metadata={"description": "Formular im Format form-js"})
    werte = ma.fields.Dict(keys=ma.fields.String(), required=True, metadata={"description": "bekannte Antworten aus Fallakte und Prozess"})
    kontext = ma.fields.Dict(keys=ma.fields.String(), required=True, metadata={"description": "was Bedingungen und Auswahllisten des Formulars sehen"})
    person = Schluessel(required=True, allow_none=True, metadata={"description": "die Person, deren Abschnitte das Formular schreibt"})


class AufgabeMitFormular(Schema):
    """A task as its page shows it."""

    aufgabe = ma.fields.Nested(Aufgabe, required=True)
    formular = ma.fields.Nested(Formular, required=True, allow_none=True)
    entwurf = ma.fields.Nested(Entwurf, required=True, allow_none=True)


class AufgabenFilter(Schema):
    """Which list, and what in it."""

    liste = wahl(*TABS, load_default="meine")
    faellig_ab = Tag(load_default=None)
    faellig_bis = Tag(load_default=None, metadata={"description": "einschließlich dieses Tages"})
    process_id = text(hoechstens=200, load_default=None)
    element_id = text(hoechstens=200, load_default=None)
    assignee = text(hoechstens=200, load_default=None)
    auch_wiedervorlage = ma.fields.Boolean(load_default=False, metadata={"description": "auch Aufgaben mit späterer Wiedervorlage"})
    grenze = ganze_zahl(von=1, bis=200, load_default=50)
    ab = ganze_zahl(von=0, bis=1_000_000, load_default=0)


class OffenFilter(Schema):
    """Open tasks only, or all."""

    nur_offene = ma.fields.Boolean(load_default=True)


class Antworten(Schema):
    """Answers by the keys of the form."""

    werte = ma.fields.Dict(keys=ma.fields.String(), required=True)


class Gespeichert(Schema):
    """When the draft was kept."""

    gespeichert = Zeitpunkt(required=True)


class Zuweisung(Schema):
    """To whom of the own organisation, and why."""

    login = text(mindestens=1, hoechstens=200, required=True)
    grund = text(hoechstens=500, load_default=None, allow_none=True)


# -- reading -----------------------------------------------------------------------------------------------------------
@bereich.get("/aufgaben", "Meine Aufgaben, die meiner Gruppen, des Teams oder erledigte", roles=(), query=AufgabenFilter, answer=AufgabenSeite)
def auflisten(query: dict[str, Any]) -> dict[str, Any]:
    tab = TABS[query["liste"]][1]
    if tab == "team" and not actor().has_role("koordination"):
        raise NotPermitted("Die Aufgaben des Teams sieht die Koordination.")
    since, until = query["faellig_ab"], query["faellig_bis"]
    page = tasks.inbox(
        the_app(), actor(), tab=tab, since=start_of(since) if since else None, before=start_of(until + timedelta(days=1)) if until else None,
        process_id=query["process_id"], element_id=query["element_id"], assignee=query["assignee"], hide_follow_up=not query["auch_wiedervorlage"],
        limit=query["grenze"], offset=query["ab"])
    numbers = {name: page.counts[key] for name, (_, key) in TABS.items() if key in page.counts}
    return {"items": page.items, "has_more": page.has_more, "anzahl": numbers}


@bereich.get("/faelle/<akte:aktenzeichen>/aufgaben", "Aufgaben eines Falls", roles=EINBLICK, query=OffenFilter, answer=AufgabenListe)
def eines_falls(query: dict[str, Any], aktenzeichen: str) -> dict[str, Any]:
    return {"eintraege": tasks.of_case(the_app(), actor(), business_id=aktenzeichen, open_only=query["nur_offene"])}


@bereich.get("/aufgaben/<nummer:key>", "Aufgabe mit Formular und eigenem Entwurf lesen", roles=(), answer=AufgabeMitFormular, problems=(404, 409),
             mehr="Eine erledigte Aufgabe hat kein Formular mehr.")
def lesen(key: int) -> dict[str, Any]:
    app, me = the_app(), actor()
    task = tasks.get(app, me, key=key)
    if task.status != OFFEN:
        return {"aufgabe": task, "formular": None, "entwurf": None}
    draft = entwuerfe.load_draft(app, me, key=key) if task.assignee == me.login else None
    entwurf = None if draft is None else {"werte": draft.inhalt, "gespeichert": draft.gespeichert}
    return {"aufgabe": task, "formular": formular_von(task), "entwurf": entwurf}


def formular_von(task: TaskInfo) -> dict[str, Any] | None:
    """The form of an open task, None if it has none. Raises TaskNotOpen."""
    opened = open_form(the_app(), actor(), key=task.key)
    if opened is None:
        return None
    document = json.loads(form_by("key", opened.form_key)["schema"])
    return {"form_id": opened.form.id, "version": opened.version, "dokument": document, "werte": as_json(opened.values),
            "kontext": as_json(opened.context), "person": opened.person}


# -- writing -----------------------------------------------------------------------------------------------------------
@bereich.put("/aufgaben/<nummer:key>/entwurf", "Entwurf speichern", roles=(), body=Antworten, answer=Gespeichert, problems=(404, 409),
             mehr="Auch unvollständige Antworten werden behalten; Felder, die das Formular nicht kennt, werden abgelehnt.")
def entwurf_speichern(body: dict[str, Any], key: int) -> dict[str, datetime]:
    return {"gespeichert": formular.entwurf(the_app(), actor(), key=key, data=body["werte"], door=Door.JSON)}


@bereich.delete("/aufgaben/<nummer:key>/entwurf", "Entwurf verwerfen", roles=(), problems=(404,))
def entwurf_verwerfen(key: int) -> None:
    tasks.get(the_app(), actor(), key=key)
    formular.verwerfen(the_app(), actor(), key=key)


@bereich.post("/aufgaben/<nummer:key>/uebernehmen", "Aufgabe übernehmen", roles=(), problems=(404, 409))
def uebernehmen(key: int) -> None:
    tasks.assign(the_app(), actor(), key=key, assignee=actor().login, allow_override=False)


@bereich.post("/aufgaben/<nummer:key>/zurueckgeben", "Aufgabe an ihre Gruppe zurückgeben", roles=(), problems=(404, 409))
def zurueckgeben(key: int) -> None:
    tasks.unassign(the_app(), actor(), key=key)


@bereich.post("/aufgaben/<nummer:key>/zuweisen", "Aufgabe einer Person der eigenen Stelle zuweisen", roles=(), body=Zuweisung, problems=(404, 409))
def zuweisen(body: dict[str, Any], key: int) -> None:
    app, me = the_app(), actor()
    tasks.get(app, me, key=key)
    if body["login"] not in {k.login for k in anmeldung.kollegen(app, me)}:
        raise InvalidInput(errors={"login": f"In Ihrer Stelle arbeitet niemand mit der Anmeldung „{body['login']}“."})
    tasks.assign(app, me, key=key, assignee=body["login"], reason=body["grund"])


@bereich.post("/aufgaben/<nummer:key>/abschliessen", "Aufgabe abschließen", roles=(), body=Antworten, problems=(404, 409),
              mehr="Das Formular prüft die Antworten: unbekannte oder fehlende Felder und falsche Typen werden abgelehnt. "
                   "Angaben zur Person gehen in die Fallakte, Entscheidungen in den Prozess.")
def abschliessen(body: dict[str, Any], key: int) -> None:
    complete_with_form(the_app(), actor(), key=key, values=body["werte"], typed=True)
