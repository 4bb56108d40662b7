"""The processes that are measured."""

from __future__ import annotations

import json

from tests import bpmn

VARIABLES = {"aktenzeichen": "BE-2026-0001", "erstkontakt": {"datum": "2026-09-02", "zugangsweg": "buergerservice"}, "ergebnis": "fallmanagement",
             "naechste_phase": "assessment", "pruefungen": [{"schritt": i, "entscheidung": "fortsetzen", "am": "2026-09-02"} for i in range(14)],
             "bemerkung": "x" * 240}
FORM = {"id": "bench.pruefen", "type": "default", "schemaVersion": 18, "components": [
    {"key": "entscheidung", "type": "radio", "label": "Entscheidung", "validate": {"required": True},
     "values": [{"label": "Fortsetzen", "value": "fortsetzen"}, {"label": "Beenden", "value": "beenden"}]},
    {"key": "am", "type": "datetime", "subtype": "date", "dateLabel": "Am", "label": "Am", "validate": {"required": True}},
    {"key": "anzahl", "type": "number", "label": "Anzahl", "validate": {"required": True, "min": 0, "max": 100}},
    {"key": "grund", "type": "textfield", "label": "Grund", "conditional": {"hide": '=entscheidung != "beenden"'}, "validate": {"required": True}}]}
ANSWER = {"entscheidung": "fortsetzen", "am": "2026-09-03", "anzahl": 3}
TASK = '<zeebe:formDefinition formId="bench.pruefen"/>'
TASKS = 30


def task(number: int) -> str:
    return bpmn.user(f"pruefen_{number}", 'candidateGroups="= [&quot;servicestelle&quot;]"', TASK)


def line(process: str, tasks: int) -> bytes:
    """User tasks one after the other."""
    return bpmn.sequence(process, *(task(i) for i in range(1, tasks + 1)))


WAITING = bpmn.process("warten", bpmn.el("startEvent", "s") + bpmn.el(
    "intermediateCatchEvent", "frist", "<bpmn:timerEventDefinition><bpmn:timeDate>= date and time(faellig)</bpmn:timeDate></bpmn:timerEventDefinition>")
    + bpmn.el("endEvent", "e") + bpmn.chain("s", "frist", "e"))
RESOURCES = {
    "warten.bpmn": WAITING,
    "bench.pruefen.form": json.dumps(FORM).encode(),
    "dreissig.bpmn": line("dreissig", TASKS),
    "fuenfhundert.bpmn": line("fuenfhundert", 520),
    "gerufen.bpmn": line("gerufen", 1),
    "rufend.bpmn": bpmn.sequence("rufend", bpmn.call("rufen", "gerufen")),
}
