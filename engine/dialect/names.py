"""Names of BPMN 2.0 and of the ``zeebe:`` extension, and what we make of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml import etree

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"
XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

TASKS: Final = frozenset({"userTask", "manualTask", "task", "scriptTask", "serviceTask", "sendTask", "businessRuleTask", "receiveTask"})
ACTIVITIES: Final = TASKS | {"subProcess", "callActivity"}
EVENTS: Final = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS: Final = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
NODES: Final = ACTIVITIES | EVENTS | GATEWAYS

REFUSED: Final = {
    "transaction": "Transaktion",
    "complexGateway": "komplexes Gateway",
    "adHocSubProcess": "Ad-hoc-Teilprozess",
    "callChoreography": "Choreographie",
    "choreographyTask": "Choreographie",
    "subChoreography": "Choreographie",
    "implicitThrowEvent": "implizites Ereignis",
    "event": "unbestimmtes Ereignis",
}
REFUSED_EVENTS: Final = {"compensate": "Kompensation", "cancel": "Abbruch einer Transaktion"}
# Kept for people and other tools; the engine does not look at them.
DOCUMENTATION: Final = frozenset(
    {
        "documentation",
        "textAnnotation",
        "association",
        "group",
        "category",
        "categoryValue",
        "dataObject",
        "dataObjectReference",
        "dataStore",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioSpecification",
        "ioBinding",
        "property",
        "monitoring",
        "auditing",
        "collaboration",
        "choreography",
        "conversation",
        "globalConversation",
        "globalChoreographyTask",
        "relationship",
        "extension",
        "import",
        "itemDefinition",
        "interface",
        "resource",
        "partnerEntity",
        "partnerRole",
        "correlationProperty",
        "correlationSubscription",
        "endPoint",
        "globalTask",
        "globalUserTask",
        "globalManualTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
        "performer",
        "potentialOwner",
        "humanPerformer",
        "resourceRole",
        "rendering",
        "supportedInterfaceRef",
        "supports",
        "artifact",
        "BPMNDiagram",
        "laneSet",
        "extensionElements",
        "incoming",
        "outgoing",
        "signal",
        "error",
        "escalation",
        "message",
    }
)
CODES: Final = {"signal": "name", "error": "errorCode", "escalation": "escalationCode"}
# Ends of the names of specs that are made besides that of an element (see ``engine/README.md``); no id ends like this.
DERIVED: Final = (".events", ".flows", ".flow")
RENAMED: Final = {"Start": "#Start", "End": "#End"}  # names with a meaning in SpiffWorkflow


def local(node: etree._Element) -> str:
    """Tag without namespace; empty for comments and processing instructions."""
    tag = node.tag
    return _local(tag) if isinstance(tag, str) else ""


@functools.lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    """Large files ask for the same few names a million times."""
    return tag.rpartition("}")[2]


def is_bpmn(node: etree._Element) -> bool:
    """Whether the element belongs to BPMN (others are foreign extensions or the diagram)."""
    return isinstance(node.tag, str) and node.tag.startswith(BPMN)


def zeebe(node: etree._Element, name: str) -> etree._Element | None:
    """A ``zeebe:`` extension element of a node. Asked for a hundred thousand times in a large file, so without a path expression."""
    for around in node.iterchildren(BPMN + "extensionElements"):
        for found in around.iterchildren(ZEEBE + name):
            return found
    return None


def has_zeebe(node: etree._Element) -> bool:
    """Whether a node has any of them; those of other tools are many and tell us nothing."""
    return any(True for around in node.iterchildren(BPMN + "extensionElements") for _ in around.iterchildren(ZEEBE + "*"))


def definition_of(node: etree._Element) -> etree._Element | None:
    """The (first) event definition of an event."""
    return next((c for c in node if is_bpmn(c) and local(c).endswith("EventDefinition")), None)
