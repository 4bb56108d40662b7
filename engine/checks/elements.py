"""Element by element: does it run, is it documentation, or does it stand in the way of a deployment?

The verdict follows from what the other rules found about the element itself, and from where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from engine.checks.context import label, name_of
from engine.dialect.names import BPMN, NODES, REFUSED, is_bpmn, local
from engine.findings import ElementReport, Finding, Verdict
from engine.xml import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from engine.checks.context import Context

SCOPES: Final = frozenset({"process", "subProcess", "adHocSubProcess", "transaction"})
# Elements whose children are elements of their own.
HOLDERS: Final = SCOPES | {"definitions", "collaboration", "choreography", "globalConversation", "laneSet", "childLaneSet", "lane"}
# Parts of the element around them, reported with it.
PARTS: Final = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "flowNodeRef",
        "partitionElement",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "completionCondition",
        "supportedInterfaceRef",
    }
)
# Parts of a node that document and are told one by one: its data, and who has to do it.
DATA: Final = frozenset(
    {
        "ioSpecification",
        "dataInputAssociation",
        "dataOutputAssociation",
        "property",
        "ioBinding",
        "monitoring",
        "auditing",
        "rendering",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
    }
)
NAMED: Final = frozenset({"message", "signal", "error", "escalation"})
NODE_TAGS: Final = frozenset(BPMN + name for name in NODES)
BPMN_DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"

KEPT: Final = (
    "{x} bleibt als Dokumentation erhalten und wird nicht ausgeführt.",
    "{x} is kept as documentation and not executed.",
)
FOREIGN: Final = ("Das fremde Element {x} wird nicht ausgewertet.", "The foreign element {x} is not evaluated.")
UNUSED: Final = ("{x} wird von keinem Ereignis und keiner Aufgabe verwendet.", "{x} is not used by any event or task.")
PICTURE: Final = (
    "Der Prozess {x} ist nicht als ausführbar gekennzeichnet (isExecutable) und bleibt ein Bild.",
    "Process {x} is not marked as executable (isExecutable) and remains a picture.",
)
NOT_MARKED: Final = (
    "{x} läuft nicht, solange der Prozess nicht als ausführbar gekennzeichnet ist (isExecutable).",
    "{x} does not run as long as the process is not marked as executable (isExecutable).",
)
INSIDE: Final = ("Es steht in {x}, das nicht ausgeführt wird.", "It stands in {x}, which is not executed.")
BROKEN: Final = ("In {x} stehen Elemente, die nicht laufen.", "{x} contains elements that do not run.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the walk stands.

    Attributes:
        process: the process around, if any.
        verdict: of everything here, if it is decided by the surroundings.
        reason: German and English sentence for that verdict.
    """

    process: str = ""
    in_process: bool = False
    verdict: Verdict | None = None
    reason: tuple[str, str] | None = None


def describe(context: Context, running: list[etree._Element]) -> list[ElementReport]:
    """Every element of the file, after the rules have run over it.

    Args:
        context: with the findings.
        running: the processes that are marked as executable; if empty, all were examined as if they were.
    """
    return Description(context, running).elements()


class Description:
    """One walk over one file."""

    def __init__(self, context: Context, running: list[etree._Element]) -> None:
        self.context, self.running = context, running
        self.references = {value for node in context.root.iter() if is_bpmn(node) for name, value in node.items() if str(name).endswith("Ref")}
        self.about: dict[etree._Element, list[Finding]] = {}
        for node, finding in context.places:
            self.about.setdefault(self.reported(node), []).append(finding)
        self.broken = {
            around
            for node, finding in context.places
            if finding.severity == "error"
            for around in self.reported(node).iterancestors()
            if local(around) in SCOPES
        }

    def elements(self) -> list[ElementReport]:
        """All verdicts, in the order of the file."""
        found = []
        todo: list[tuple[etree._Element, Place]] = [(self.context.root, Place())]
        while todo:
            node, place = todo.pop()
            inner = place
            if node is not self.context.root and local(node) not in ("laneSet", "childLaneSet"):
                found.append(self.one(node, place))
                inner = self.inside(node, place)
            todo += reversed([(child, inner) for child in children(node)])
        return found

    @staticmethod
    def reported(node: etree._Element) -> etree._Element:
        """The element under which a finding about ``node`` is told."""
        while True:
            around = node.getparent()
            if around is None or (local(around) in HOLDERS and local(node) not in PARTS):
                return node
            node = around

    def inside(self, node: etree._Element, place: Place) -> Place:
        """What holds for the children of an element."""
        tag = local(node)
        if tag == "process":
            place = replace(place, process=node.get("id") or "", in_process=True)
            if self.running and node not in self.running:
                place = replace(place, verdict="documentation", reason=said(PICTURE, node))
        elif tag in REFUSED or (tag in SCOPES and any(f.code == "nesting" for f in self.about.get(node, ()))):
            place = replace(place, verdict=place.verdict or "fails", reason=place.reason or said(INSIDE, node))
        return place

    def one(self, node: etree._Element, place: Place) -> ElementReport:
        """The verdict on one element."""
        verdict, reasons = self.judge(node, place)
        return ElementReport(
            verdict=verdict,
            element_id=(node.get("id") or "")[:200],
            element_name=name_of(node),
            element_type=local(node),
            line=line_of(node),
            process=place.process or (node.get("id") or "" if local(node) == "process" else ""),
            reasons_de=tuple(dict.fromkeys(german for german, _ in reasons)),
            reasons_en=tuple(dict.fromkeys(english for _, english in reasons)),
        )

    def judge(self, node: etree._Element, place: Place) -> tuple[Verdict, list[tuple[str, str]]]:
        """Verdict and sentences."""
        tag, about = local(node), self.about.get(node, [])
        errors = [(f.message_de, f.message_en) for f in about if f.severity == "error"]
        if place.reason is not None and place.verdict is not None:
            return place.verdict, [place.reason, *(errors if place.verdict == "fails" else [])]
        if tag == "process":
            return self.judge_process(node, errors)
        if errors:
            return "fails", errors
        if is_bpmn(node) and place.in_process and (tag in NODES or tag in ("sequenceFlow", "lane")):
            broken = [said(BROKEN, node)] if node in self.broken else []
            notes = [(f.message_de, f.message_en) for f in about]
            return ("fails", broken + notes) if broken else ("runs", notes)
        if tag in NAMED and is_bpmn(node):
            return ("runs", []) if node.get("id") in self.references else ("documentation", [said(UNUSED, node)])
        return "documentation", [said(KEPT if is_bpmn(node) else FOREIGN, node)]

    def judge_process(self, node: etree._Element, errors: list[tuple[str, str]]) -> tuple[Verdict, list[tuple[str, str]]]:
        """A process runs if it is marked and everything in it runs."""
        if self.running and node not in self.running:
            return "documentation", [said(PICTURE, node)]
        reasons = list(errors) if self.running else [said(NOT_MARKED, node), *errors]
        if node in self.broken:
            reasons.append(said(BROKEN, node))
        return ("fails" if reasons else "runs"), reasons


def children(node: etree._Element) -> Iterator[etree._Element]:
    """The parts of an element that are elements for people."""
    tag = local(node)
    for child in node:
        name = local(child)
        if not name or name in PARTS or str(child.tag).startswith(BPMN_DI):
            continue
        if (tag in HOLDERS and is_bpmn(node)) or (node.tag in NODE_TAGS and name in DATA and is_bpmn(child)):
            yield child


def said(sentences: tuple[str, str], node: etree._Element) -> tuple[str, str]:
    """Both sentences with the name of the element."""
    shown = label(node)
    return sentences[0].replace("{x}", f"„{shown}“"), sentences[1].replace("{x}", f'"{shown}"')

