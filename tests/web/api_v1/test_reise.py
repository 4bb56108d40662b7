"""A whole case over /api/v1: from *Neuer Fall* to its end, every task with the answers to its form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.calendar import Calendar
from engine.clock import FixedClock
from engine.expressions import Expressions
from forms.parse import parse
from processes import profil
from tests.antworten import answers
from tests.reise.gang import WEG
from tests.web.api_v1.conftest import Ruf, neuer_fall, offene

pytestmark = pytest.mark.xdist_group("api_v1")
ANTWORTEN: dict[str, dict[str, Any]] = {
    "ueber_angebot_informieren": {"aufenthalt": "duldung", "geburtsdatum": "1986-03-01"},
    "analyse_durchfuehren": {"aufenthaltsstatus": "duldung"},
    "situation_erheben": {"aufenthaltsstatus": "duldung"},
    "zustaendigkeit_entscheiden": {"entschiedene_stelle": "stadt_moers"},
    "verlauf_pruefen": {"verlauf": "ende"},
}


def ausgefuellt(ruf: Ruf, key: str, element: str, fall: dict[str, Any]) -> dict[str, Any]:
    """Answers to the form as the interface describes it."""
    formular = ruf("GET", f"/aufgaben/{key}")["formular"]
    form = parse(json.dumps(formular["dokument"]).encode())
    settings = profil.load("moers")
    facts = {"fall": {"aufenthalt": fall["aufenthalt"], "verantwortliche_organisation": fall["inhaber"]["organisation"]}, "profil": settings.as_facts()}
    expressions = Expressions(facts=facts, frist=settings.frist, calendar=Calendar("NW"), clock=FixedClock(ruf.dienst.app.clock.now()), decide=None)
    given = {**WEG.get(element, {}), **ANTWORTEN.get(element, {})}
    return answers(form, lambda text, view: expressions.value("=" + text, view), formular["kontext"], {**formular["werte"], **given})


def test_whole_case_over_api_v1(ruf: Ruf) -> None:
    ruf.login = "verwaltung"
    fall = neuer_fall(ruf)
    akte, gegangen = fall["aktenzeichen"], []

    while tasks := [t for t in offene(ruf, akte) if t["element_id"] != "fall_begleiten"]:
        task = tasks[0]
        if task["assignee"] is None:
            ruf("POST", f"/aufgaben/{task['key']}/uebernehmen", soll=204)
        ruf("POST", f"/aufgaben/{task['key']}/abschliessen", {"werte": ausgefuellt(ruf, task["key"], task["element_id"], fall)}, soll=204)
        gegangen.append(task["element_id"])
        ruf.dienst.arbeite()
        if len(tasks) == 1 and [t["element_id"] for t in offene(ruf, akte)] == ["fall_begleiten"]:
            ruf.dienst.warte(weeks=6)
        assert len(gegangen) < 80, gegangen

    ende = ruf("GET", f"/faelle/{akte}")
    assert (ende["status"], ende["abschlussgrund"], ende["offene_aufgaben"]) == ("abgeschlossen", "Ziele erreicht", 0)
    assert {v["status"] for v in ruf("GET", f"/faelle/{akte}/vorgaenge")["eintraege"]} == {"COMPLETED"}
    done = [t["element_id"] for t in ruf("GET", f"/faelle/{akte}/aufgaben?nur_offene=false")["eintraege"] if t["status"] == "COMPLETED"]
    assert sorted(done) == sorted(gegangen)
    written = {a["abschnitt"] for a in ruf("GET", f"/faelle/{akte}/akte")["eintraege"]}
    assert {"ziele", "hilfeplan", "abschluss", "aufenthalt"} <= written
    assert ruf.dienst.zeilen("select element_id from incident i join process_instance p on p.key = i.instance_key where p.business_id = %(a)s", a=akte) == []
