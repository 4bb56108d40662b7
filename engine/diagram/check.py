"""How readable is the diagram of a BPMN file?

error    a flow node, flow, pool or lane has no shape or edge; shapes overlap; a node lies outside its lane, pool or sub-process;
         an edge runs through a shape; an edge does not start or end at its shape; two edges lie on each other
warning  a label touches a shape, an edge, the mark of a default flow, a border or another label, or stands far from its own
         element; edges cross; a slanted segment; a name does not fit its box, a lane has none or needs three lines for it; a shape lies
         on the title of a sub-process; a very large diagram
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

from engine.diagram.geometry import (
    Box,
    Segment,
    borders,
    cross,
    diamond_hits,
    distance,
    mark_of_default,
    segment_hits,
    shared_length,
)
from engine.diagram.read import CONTAINERS, EVENTS, FLOWS, GATEWAYS, Edge, Element, Model, Shape, read
from engine.diagram.text import BAND_SIZE, INSET, LEADING, SIZE, label_size, name_lines, text_width, wrap

MAX_WIDTH: Final = 2400
MAX_HEIGHT: Final = 1600
MAX_NODES: Final = 50
MAX_LABEL_DISTANCE: Final = 14  # a label further away is read as belonging to something else
MARGIN: Final = 5  # above and below a name in its box
BOLD: Final = 1.1  # bold letters are that much wider
MARK_HEIGHT: Final = 18  # of the sign of a multi-instance at the foot of an activity
DRAWN: Final = (
    EVENTS | GATEWAYS | {"participant", "lane", "callActivity", "textAnnotation", "dataObjectReference", "dataStoreReference"}
)


@dataclass(frozen=True, order=True)
class Flaw:
    """One thing that makes a diagram hard to read.

    Attributes:
        rule: Stable name of the rule.
        element: Id of the element, or empty for the diagram as a whole.
        text: What is wrong, in English.
    """

    level: Literal["error", "warning"]
    rule: str
    element: str
    text: str


def check(data: bytes) -> list[Flaw]:
    """Check the first diagram of a BPMN file; sorted, errors first.

    Raises:
        InvalidDefinition: if it is not XML, or XML that the engine refuses.
    """
    model = read(data)
    if not model.shapes:
        return [Flaw("error", "no-diagram", "", "the file has no diagram")]
    checker = _Checker(model)
    checker.completeness()
    checker.nodes_in_place()
    checker.edges_in_place()
    checker.lines()
    checker.labels()
    checker.names()
    return sorted(set(checker.found))


class _Checker:
    """One pass over one diagram."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: list[Flaw] = []
        known = model.elements
        self.shapes: dict[str, Shape] = {s.element: s for s in model.shapes if s.element in known}
        self.edges: dict[str, Edge] = {d.element: d for d in model.edges if d.element in known and len(d.points) > 1}
        self.nodes = {i: s for i, s in self.shapes.items() if known[i].kind not in {"participant", "lane", "group"}}
        self.segments: list[tuple[str, Segment]] = [
            (i, segment)
            for i, d in self.edges.items()
            if known[i].kind != "association"
            for segment in itertools.pairwise(d.points)
        ]

    def error(self, rule: str, element: str, text: str) -> None:
        self.found.append(Flaw("error", rule, element, text))

    def warning(self, rule: str, element: str, text: str) -> None:
        self.found.append(Flaw("warning", rule, element, text))

    def is_open(self, element: str) -> bool:
        """Whether an element is drawn as a frame around others."""
        return self.model.elements[element].kind in CONTAINERS and self.shapes[element].expanded

    def completeness(self) -> None:
        """Everything is drawn, and once."""
        elements = self.model.elements
        drawn = [d.element for d in self.model.shapes] + [d.element for d in self.model.edges]
        for ref, count in Counter(drawn).items():
            if ref not in elements:
                self.error("unknown-element", ref, "the diagram shows an element that the model does not have")
            if count > 1:
                self.error("drawn-twice", ref, "is drawn more than once")
        closed = {s for s in self.shapes if elements[s].kind in CONTAINERS and not self.shapes[s].expanded}
        for e in elements.values():
            if closed & set(self.model.around(e.id)):
                continue
            if _is_drawn(e) and e.id not in self.shapes:
                self.error("no-shape", e.id, f"{e.kind} '{e.name}' has no shape")
            if e.kind in FLOWS and not e.kind.startswith("data") and e.id not in self.edges:
                self.error("no-edge", e.id, f"{e.kind} has no edge")

    def nodes_in_place(self) -> None:
        """Nodes apart from each other and inside what they belong to."""
        elements = self.model.elements
        for (i, a), (j, b) in itertools.combinations(self.nodes.items(), 2):
            one, other = elements[i], elements[j]
            if j in self.model.around(i) or i in self.model.around(j) or one.host == j or other.host == i:
                continue
            if a.box.hits(b.box, 1):
                self.error("overlap", i, f"overlaps {j}")
            elif a.box.grow(5).hits(b.box.grow(5)) and "boundaryEvent" not in {one.kind, other.kind}:
                self.warning("too-close", i, f"less than 10 px from {j}")
        pools = {e.attributes.get("processRef", ""): e.id for e in elements.values() if e.kind == "participant"}
        for i, s in self.nodes.items():
            e = elements[i]
            if e.kind == "boundaryEvent":
                continue
            for where in (e.lane, pools.get(e.parent, ""), e.parent if e.parent in self.nodes else ""):
                if where in self.shapes and not self.shapes[where].box.contains(s.box):
                    self.error("outside", i, f"lies outside {where}")

    def edges_in_place(self) -> None:
        """Edges begin and end at their shapes and keep clear of the others."""
        elements = self.model.elements
        for i, d in self.edges.items():
            e = elements[i]
            for ref, point, word in ((e.source, d.points[0], "start"), (e.target, d.points[-1], "end")):
                if ref in self.shapes and not self.shapes[ref].box.grow(3).contains(Box(*point, 0, 0)):
                    self.error("loose-edge", i, f"does not {word} at {ref}")
            if e.kind == "association":
                continue
            own = {e.source, e.target}
            for ref in (e.source, e.target):
                if ref in elements:
                    own |= {elements[ref].host, *self.model.around(ref)}
            parts = list(itertools.pairwise(d.points))
            for segment in parts:
                (px, py), (qx, qy) = segment
                if abs(px - qx) > 1 and abs(py - qy) > 1:
                    self.warning("slanted", i, "has a segment that is neither horizontal nor vertical")
                for j, s in self.nodes.items():
                    if j not in own and segment_hits(segment, s.box.grow(-1)):
                        self.error("through-shape", i, f"runs through {j}")
            for ref, rest, word in ((e.source, parts[1:], "source"), (e.target, parts[:-1], "target")):
                if ref in self.nodes and any(segment_hits(segment, self.nodes[ref].box.grow(-2)) for segment in rest):
                    self.error("through-shape", i, f"runs through its own {word} {ref}")

    def lines(self) -> None:
        """Edges neither lie on each other nor cross."""
        crossings: Counter[tuple[str, str]] = Counter()
        for (i, one), (j, other) in itertools.combinations(self.segments, 2):
            if i == j:
                continue
            if cross(one, other):
                crossings[min(i, j), max(i, j)] += 1
            a, b = self.model.elements[i], self.model.elements[j]
            same_end = a.source == b.source or a.target == b.target
            length = shared_length(one, other)
            if length > (60 if same_end else 4):
                found = f"lies {length:.0f} px on {j}"
                self.found.append(Flaw("warning" if same_end else "error", "shared-line", i, found))
        for (i, j), count in crossings.items():
            self.warning("crossing", i, f"crosses {j}" + (f" {count} times" if count > 1 else ""))

    def labels(self) -> None:
        """Labels keep clear of everything."""
        boxes: dict[str, Box] = {}
        for i, s in self.nodes.items():
            box = _node_label(self.model.elements[i], s)
            if box is not None:
                boxes[i] = box
        for i, d in self.edges.items():
            name = self.model.elements[i].name
            if name and d.label is None:
                self.warning("label-unplaced", i, "named flow without label bounds: every tool puts it elsewhere")
            elif name and d.label is not None:
                w, h = label_size(name, max(d.label.w + 6, 30))
                boxes[i] = Box(d.label.cx - w / 2, d.label.y, w, h)
        for i, box in boxes.items():
            self.label_is_clear(i, box)
            if self.label_distance(i, box) > MAX_LABEL_DISTANCE:
                self.warning("label-far", i, f"label stands {self.label_distance(i, box):.0f} px away")
            for j, other in boxes.items():
                if i < j and box.hits(other):
                    self.warning("label-on-label", i, f"label lies on the label of {j}")

    def label_is_clear(self, i: str, box: Box) -> None:
        """A label keeps clear of shapes, lines, marks of default flows and borders."""
        elements = self.model.elements
        for j, s in self.nodes.items():
            if j == i:
                is_hit = elements[i].kind in GATEWAYS and diamond_hits(s.box, box.grow(-2))
            else:
                is_hit = not self.is_open(j) and s.box.hits(box)
            if is_hit:
                self.warning("label-on-shape", i, f"label lies on {j}")
        for k, segment in self.segments:
            if segment_hits(segment, box.grow(-1)):
                self.warning("label-on-edge", i, f"label lies on {'its own edge' if k == i else 'edge ' + k}")
        for k, d in self.edges.items():
            source = elements.get(elements[k].source)
            if source is not None and source.attributes.get("default") == k and mark_of_default(d.points).hits(box, 1):
                self.warning("label-on-mark", i, f"label lies on the mark of the default flow {k}")
        for j, s in self.shapes.items():
            if (j not in self.nodes or self.is_open(j)) and any(segment_hits(line, box) for line in borders(s.box)):
                self.warning("label-on-border", i, f"label lies on the border of {j}")

    def label_distance(self, i: str, box: Box) -> float:
        """How far a label stands from its shape or line."""
        if i in self.shapes:
            return distance(box, self.shapes[i].box)
        return min(
            distance(box, Box(min(p[0], q[0]), min(p[1], q[1]), abs(p[0] - q[0]), abs(p[1] - q[1])))
            for p, q in _parts(self.edges[i])
        )

    def names(self) -> None:
        """Names fit their boxes, and the whole fits a screen."""
        for i, s in self.shapes.items():
            e = self.model.elements[i]
            if e.kind in {"participant", "lane"}:
                self.band_name(e, s)
            elif i not in self.nodes or e.kind in EVENTS | GATEWAYS or not e.name.strip() or e.kind.startswith(("data", "text")):
                continue
            elif self.is_open(i):
                self.title(e, s)
            else:
                self.name_inside(e, s)
        boxes = [s.box for s in self.model.shapes]
        w = max(b.x2 for b in boxes) - min(b.x for b in boxes)
        h = max(b.y2 for b in boxes) - min(b.y for b in boxes)
        if w > MAX_WIDTH or h > MAX_HEIGHT or len(self.nodes) > MAX_NODES:
            self.warning("too-large", "", f"{w:.0f} x {h:.0f} px, {len(self.nodes)} nodes: split it with call activities")

    def name_inside(self, e: Element, s: Shape) -> None:
        """The name of an activity fits its box beside the signs of the activity and clear of its boundary events."""
        rows, top = name_lines(e.name, s.box.w, s.box.h, has_icon=e.kind.endswith("Task"), has_sign=bool(e.loop))
        height = len(rows) * (SIZE + LEADING)
        is_broken = any(text_width(word) > s.box.w - INSET for word in e.name.split()) or rows[-1].endswith("…")
        if is_broken or top < MARGIN or top + height > s.box.h - (MARK_HEIGHT if e.loop else MARGIN):
            self.warning("long-name", e.id, f"'{e.name}' does not fit its box")
        width = max(text_width(row) for row in rows)
        text = Box(s.box.cx - width / 2, s.box.y + top + 2, width, height - 4)
        for j, other in self.nodes.items():
            if self.model.elements[j].host == e.id and other.box.hits(text):
                self.warning("shape-on-name", j, f"lies on the name of {e.id}")

    def band_name(self, e: Element, s: Shape) -> None:
        """A pool or lane has a name; the name of a pool stands on one line, that of a lane on two at most."""
        room = (s.box.h if s.horizontal else s.box.w) - INSET
        if not e.name.strip():
            self.warning("no-name", e.id, f"{e.kind} has no name")
        elif len(wrap(e.name, room, BAND_SIZE)) > (1 if e.kind == "participant" else 2):
            self.warning("long-name", e.id, f"'{e.name}' does not fit the height of its {e.kind}")

    def title(self, e: Element, s: Shape) -> None:
        """Nothing lies on the title of a sub-process."""
        width = text_width(e.name) * BOLD
        box = Box(s.box.cx - width / 2, s.box.y + 4, width, SIZE + LEADING)
        for j, other in self.nodes.items():
            if j != e.id and not self.is_open(j) and other.box.hits(box):
                self.warning("shape-on-title", j, f"lies on the title of {e.id}")
        for k, segment in self.segments:
            if segment_hits(segment, box):
                self.warning("edge-on-title", k, f"lies on the title of {e.id}")


def _parts(edge: Edge) -> list[Segment]:
    return list(itertools.pairwise(edge.points))


def _is_drawn(e: Element) -> bool:
    return e.kind in DRAWN or e.kind.lower().endswith("task") or (e.kind in CONTAINERS and e.kind != "process")


def _node_label(e: Element, shape: Shape) -> Box | None:
    """Where the name of an event, gateway or data object stands; names of activities stand inside."""
    if not e.name or not (e.kind in EVENTS | GATEWAYS or e.kind.startswith("data")):
        return None
    w, h = label_size(e.name, max(shape.label.w + 6, 30) if shape.label else 90)
    if shape.label:
        return Box(shape.label.cx - w / 2, shape.label.y, w, h)
    return Box(shape.box.cx - w / 2, shape.box.y2 + 4, w, h)
