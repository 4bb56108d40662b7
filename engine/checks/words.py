"""What the elements of BPMN are called in German, and which of them run: one table for reports and documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.checks.events import ALLOWED, GERMAN, PLACES
from engine.dialect.names import ACTIVITIES, DOCUMENTATION, GATEWAYS, REFUSED, REFUSED_EVENTS

if TYPE_CHECKING:
    from engine.findings import Verdict

ELEMENTS: Final = {
    "process": "Prozess",
    "task": "Aufgabe ohne Art",
    "userTask": "Benutzeraufgabe",
    "manualTask": "manuelle Aufgabe",
    "serviceTask": "Dienstaufgabe",
    "sendTask": "Sendeaufgabe",
    "receiveTask": "Empfangsaufgabe",
    "scriptTask": "Skriptaufgabe",
    "businessRuleTask": "Regelaufgabe",
    "callActivity": "Aufruf eines Prozesses",
    "subProcess": "Teilprozess oder Ereignis-Teilprozess",
    "startEvent": "Startereignis",
    "endEvent": "Endereignis",
    "intermediateCatchEvent": "fangendes Zwischenereignis",
    "intermediateThrowEvent": "auslösendes Zwischenereignis",
    "boundaryEvent": "angeheftetes Ereignis",
    "exclusiveGateway": "exklusives Gateway",
    "inclusiveGateway": "inklusives Gateway",
    "parallelGateway": "paralleles Gateway",
    "eventBasedGateway": "ereignisbasiertes Gateway",
    "sequenceFlow": "Sequenzfluss",
    "lane": "Bahn (Lane)",
    "message": "Nachricht",
    "signal": "Signal",
    "error": "Fehler",
    "escalation": "Eskalation",
    "collaboration": "Kollaboration",
    "participant": "Pool",
    "messageFlow": "Nachrichtenfluss",
    "textAnnotation": "Anmerkung",
    "association": "Zuordnungslinie",
    "group": "Gruppierung",
    "category": "Kategorie",
    "dataObject": "Datenobjekt",
    "dataObjectReference": "Datenobjekt",
    "dataStore": "Datenspeicher",
    "dataStoreReference": "Datenspeicher",
    "dataInputAssociation": "Datenfluss hinein",
    "dataOutputAssociation": "Datenfluss heraus",
    "ioSpecification": "Ein- und Ausgabe der Daten",
    "itemDefinition": "Datentyp",
    "interface": "Schnittstelle",
    "resource": "Ressource",
    "transaction": "Transaktion",
    "adHocSubProcess": "Ad-hoc-Teilprozess",
    "complexGateway": "komplexes Gateway",
    "choreography": "Choreographie",
    "choreographyTask": "Choreographie-Aufgabe",
    "subChoreography": "Teil-Choreographie",
    "callChoreography": "Aufruf einer Choreographie",
    "conversation": "Konversation",
}
VERDICTS: Final[dict[Verdict, tuple[str, str]]] = {
    "runs": ("läuft", "runs"),
    "documentation": ("Dokumentation", "documentation"),
    "fails": ("läuft nicht", "does not run"),
}
# Parts of their element, not elements of their own.
NO_ELEMENTS: Final = frozenset(
    {"documentation", "extensionElements", "incoming", "outgoing", "laneSet", "BPMNDiagram", "signal", "error", "escalation", "message"}
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of element and what becomes of it.

    Attributes:
        tag: BPMN tag.
        trigger: of an event; empty for everything else.
    """

    verdict: Verdict
    tag: str
    name: str
    trigger: str = ""


def vocabulary() -> list[Kind]:
    """Every kind of element that BPMN knows, as the rules treat it."""
    found = [Kind(verdict="runs", tag=t, name=word(t)) for t in (*sorted(ACTIVITIES), *sorted(GATEWAYS), "sequenceFlow", "lane")]
    kinds = [k for k in GERMAN if k != "none"]
    for place, allowed in ALLOWED.items():
        tag = "startEvent" if place.startswith("start of") else place
        rows: list[tuple[str, Verdict]] = [(k, "runs" if k in allowed else "fails") for k in ("none", *kinds)]
        found += [Kind(verdict=v, tag=tag, name=PLACES[place], trigger=GERMAN[k]) for k, v in rows]
    found += [Kind(verdict="fails", tag=t, name=word(t)) for t in sorted(REFUSED)]
    found += [Kind(verdict="fails", tag=k + "EventDefinition", name="Ereignis", trigger=german) for k, german in REFUSED_EVENTS.items()]
    found += [Kind(verdict="documentation", tag=t, name=word(t)) for t in sorted(DOCUMENTATION - NO_ELEMENTS)]
    return found


def word(tag: str) -> str:
    """German name of an element, else what the standard calls it."""
    return ELEMENTS.get(tag) or REFUSED.get(tag) or tag
