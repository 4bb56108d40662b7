"""A BPMN file as elements, shapes and edges. Only the first diagram of a file is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from engine import xml
from engine.diagram.geometry import Box, Point

if TYPE_CHECKING:
    from lxml import etree

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
DI: Final = "{http://www.omg.org/spec/DD/20100524/DI}"

FLOWS: Final = frozenset({"sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation"})
CONTAINERS: Final = frozenset({"process", "subProcess", "adHocSubProcess", "transaction"})
EVENTS: Final = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS: Final = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"})


@dataclass(frozen=True, kw_only=True)
class Element:
    """What the model says about an element.

    Attributes:
        kind: Name of the BPMN tag, such as ``userTask``.
        parent: Id of the process, sub-process or collaboration around it, or empty.
        lane: Id of its lane, or empty.
        event: ``timer``, ``message`` and so on for events, else empty.
        loop: ``parallel``, ``sequential``, ``loop`` or empty.
        text: Of an annotation.
    """

    id: str
    kind: str
    name: str = ""
    parent: str = ""
    lane: str = ""
    event: str = ""
    loop: str = ""
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Where a flow begins."""
        return self.attributes.get("sourceRef", "")

    @property
    def target(self) -> str:
        """Where a flow ends."""
        return self.attributes.get("targetRef", "")

    @property
    def host(self) -> str:
        """The activity a boundary event sits on, or empty."""
        return self.attributes.get("attachedToRef", "")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The drawn box of an element, with the box of its label if the file gives one."""

    element: str
    box: Box
    label: Box | None = None
    expanded: bool = True
    horizontal: bool = True


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The drawn line of a flow."""

    element: str
    points: tuple[Point, ...]
    label: Box | None = None


@dataclass(frozen=True)
class Model:
    """Elements by id in document order, and what the first diagram shows of them."""

    elements: dict[str, Element]
    shapes: list[Shape]
    edges: list[Edge]

    def around(self, element: str) -> list[str]:
        """Ids of everything around an element, from inside to outside."""
        chain: list[str] = []
        parent = self.elements[element].parent
        while parent in self.elements and parent not in chain:
            chain.append(parent)
            parent = self.elements[parent].parent
        return chain


def read(data: bytes) -> Model:
    """Read a BPMN file.

    Raises:
        InvalidDefinition: if it is not XML, or XML that the engine refuses.
    """
    root = xml.read(data)
    elements: dict[str, Element] = {}
    lanes: dict[str, str] = {}
    todo: list[tuple[etree._Element, str]] = [(root, "")]
    while todo:
        node, parent = todo.pop()
        inner: list[tuple[etree._Element, str]] = []
        for child in node:
            kind = str(child.tag).removeprefix(BPMN)
            if kind in {str(child.tag), "extensionElements"}:  # another namespace, or nothing to draw
                continue
            key = child.get("id", "")
            if kind == "lane":
                lanes.update({(ref.text or "").strip(): key for ref in child.findall(BPMN + "flowNodeRef")})
            if key and not kind.endswith("EventDefinition"):
                elements[key] = _element(child, key, kind, parent)
            inner.append((child, key if key and kind in CONTAINERS | {"collaboration"} else parent))
        todo += reversed(inner)
    for ref, lane in lanes.items():
        if ref in elements:
            elements[ref] = replace(elements[ref], lane=lane)
    shapes, edges = _diagram(root, elements)
    return Model(elements, shapes, edges)


def _element(node: etree._Element, key: str, kind: str, parent: str) -> Element:
    event = loop = text = ""
    for part in node:
        tag = str(part.tag).removeprefix(BPMN)
        if tag.endswith("EventDefinition"):
            event = tag.removesuffix("EventDefinition")
        elif tag == "multiInstanceLoopCharacteristics":
            loop = "sequential" if part.get("isSequential") == "true" else "parallel"
        elif tag == "standardLoopCharacteristics":
            loop = "loop"
        elif tag == "text" and kind == "textAnnotation":
            text = "".join(str(piece) for piece in part.itertext()).strip()
    attributes = {str(name): str(value) for name, value in node.items()}
    return Element(id=key, kind=kind, name=node.get("name", ""), parent=parent, event=event, loop=loop, text=text, attributes=attributes)


def _diagram(root: etree._Element, elements: dict[str, Element]) -> tuple[list[Shape], list[Edge]]:
    shapes: list[Shape] = []
    edges: list[Edge] = []
    plane = root.find(f"{BPMNDI}BPMNDiagram/{BPMNDI}BPMNPlane")
    for node in [] if plane is None else plane:
        ref, label = node.get("bpmnElement", ""), _bounds(node.find(BPMNDI + "BPMNLabel"))
        if node.tag == BPMNDI + "BPMNShape":
            box = _bounds(node)
            if box is not None:
                default = "false" if ref in elements and elements[ref].kind in CONTAINERS else "true"
                expanded = node.get("isExpanded", default) == "true"
                horizontal = node.get("isHorizontal", "true") == "true"
                shapes.append(Shape(element=ref, box=box, label=label, expanded=expanded, horizontal=horizontal))
        elif node.tag == BPMNDI + "BPMNEdge":
            points = tuple((_number(p.get("x")), _number(p.get("y"))) for p in node.findall(DI + "waypoint"))
            edges.append(Edge(element=ref, points=points, label=label))
    return shapes, edges


def _bounds(node: etree._Element | None) -> Box | None:
    bounds = None if node is None else node.find(DC + "Bounds")
    return None if bounds is None else Box(*(_number(bounds.get(name)) for name in ("x", "y", "width", "height")))


def _number(text: str | None) -> float:
    """A coordinate; what is none, counts as 0, so that a damaged diagram is drawn badly instead of not at all."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
