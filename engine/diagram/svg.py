"""Draws a BPMN file as SVG, with the state of a case if wanted. No browser and no script.

The SVG carries presentation attributes and classes only, so it fits a strict Content-Security-Policy; a page's own style sheet may
restyle ``.bpmn .done`` and so on. Every state has a word in the title of its element and a badge or line of its own: nothing is said
by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape, quoteattr

from engine.diagram.geometry import DEFAULT_MARK, Box, Point
from engine.diagram.icons import COLLAPSED, INK, LOOPS, PAPER, at, event_icon, gateway_icon, path, task_icon
from engine.diagram.read import CONTAINERS, EVENTS, GATEWAYS, Edge, Element, Model, Shape, read
from engine.diagram.text import BAND_SIZE, INSET, LEADING, SIZE, label_size, name_lines, text_width, wrap
from engine.errors import InvalidDefinition
from engine.lint import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["active", "done", "incident", "waiting"]


@dataclass(frozen=True, kw_only=True)
class ElementState:
    """Where a case stands at an element or flow.

    Attributes:
        state: ``active`` (a token is here), ``done`` (was here), ``incident``, ``waiting`` (a listener is open), or ``None``.
        count: Number of tokens or cases, shown as a badge.
        href: Address the element leads to.
    """

    state: State | None = None
    count: int | None = None
    href: str | None = None


@dataclass(frozen=True)
class _Look:
    """Fill, line and word of a state."""

    fill: str
    stroke: str
    width: float
    word: str


_PLAIN: Final = _Look(PAPER, INK, 1.6, "")
_LOOKS: Final[dict[State | None, _Look]] = {
    None: _PLAIN,
    "active": _Look("#dbeafe", "#1d4ed8", 3, "hier steht der Fall"),
    "done": _Look("#e5f3e8", "#2f6b3c", 2, "erledigt"),
    "incident": _Look("#fde2e1", "#b42318", 3, "Störung"),
    "waiting": _Look("#fff4d6", "#8a5a00", 2, "wartet"),
}
_UNKNOWN: Final = ElementState()
_SPOKEN: Final[tuple[tuple[State, str], ...]] = (
    ("active", "Hier steht der Fall"),
    ("waiting", "Wartet"),
    ("incident", "Störung"),
    ("done", "Erledigt"),
)


def render(data: bytes, states: Mapping[str, ElementState] | None = None, *, title: str = "", prefix: str = "bpmn") -> str:
    """The first diagram of a BPMN file as an SVG element for a page.

    Args:
        data: The BPMN file.
        states: By id of an element or flow.
        title: Accessible name; by default the name of the process.
        prefix: Begins the ids inside the picture; two pictures on one page need two of them.

    Raises:
        InvalidDefinition: if it is not XML that the engine reads, or has no diagram.
    """
    model = read(data)
    if not any(s.element in model.elements for s in model.shapes):
        german = "Die Datei enthält kein Diagramm (BPMNDI)."
        raise InvalidDefinition([Finding.of_file("diagram_missing", german, "The file contains no diagram (BPMNDI).")])
    return _Picture(model, states or {}, prefix).svg(title)


class _Picture:
    """One picture of one model."""

    def __init__(self, model: Model, states: Mapping[str, ElementState], prefix: str) -> None:
        self.model, self.states, self.prefix = model, states, prefix
        self.shapes = [s for s in model.shapes if s.element in model.elements]
        self.edges = [d for d in model.edges if d.element in model.elements and len(d.points) > 1]

    def svg(self, title: str) -> str:
        names = [e.name for e in self.model.elements.values() if e.kind == "process" and e.name]
        name = title or next(iter(names), "Prozessdiagramm")
        x, y, w, h = self.frame()
        behind = sorted((s for s in self.shapes if self.is_frame(s)), key=self.depth)
        front = sorted((s for s in self.shapes if not self.is_frame(s)), key=lambda s: self.element(s).kind == "boundaryEvent")
        parts = [self.shape(s) for s in behind] + [self.edge(d) for d in self.edges] + [self.shape(s) for s in front]
        p = _attribute(self.prefix)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="bpmn" role="group" aria-labelledby="{p}-title" aria-describedby="{p}-desc" '
            f'viewBox="{x:g} {y:g} {w:g} {h:g}" width="{w:g}" height="{h:g}" font-family="Arial, Liberation Sans, Helvetica, sans-serif">\n'
            f'<title id="{p}-title">{escape(name)}</title>\n<desc id="{p}-desc">{escape(self.description())}</desc>\n<defs>'
            f'<marker id="{p}-arrow" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" '
            f'orient="auto"><path d="M0 1l10 4l-10 4z" fill="{INK}"/></marker>'
            f'<marker id="{p}-open" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" '
            f'orient="auto"><path d="M0 1l9 4l-9 4" fill="none" stroke="{INK}"/></marker></defs>\n'
            + "\n".join(parts)
            + "\n</svg>\n"
        )

    def description(self) -> str:
        """The state in words, for those who do not see the picture."""
        said = []
        for state, words in _SPOKEN:
            at_state = [self.model.elements[i] for i, s in self.states.items() if s.state == state and i in self.model.elements]
            named = [e.name or e.id for e in at_state if e.kind != "sequenceFlow"]
            if named:
                said.append(f"{words}: {', '.join(named)}.")
        return " ".join(said) or "Prozessdiagramm ohne Stand eines Falls."

    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what is drawn, with a margin."""
        boxes = (
            [s.box for s in self.shapes] + [s.label for s in self.shapes if s.label] + [d.label for d in self.edges if d.label]
        )
        xs = [p[0] for d in self.edges for p in d.points] + [b.x for b in boxes] + [b.x2 for b in boxes]
        ys = [p[1] for d in self.edges for p in d.points] + [b.y for b in boxes] + [b.y2 for b in boxes]
        x, y = min(xs) - 14, min(ys) - 14
        return x, y, max(xs) - x + 14, max(ys) - y + 24

    def element(self, shape: Shape) -> Element:
        return self.model.elements[shape.element]

    def is_frame(self, shape: Shape) -> bool:
        """Whether others are drawn on top of it."""
        kind = self.element(shape).kind
        return kind in {"participant", "lane", "group"} or (kind in CONTAINERS and shape.expanded)

    def depth(self, shape: Shape) -> tuple[int, int]:
        order = {"participant": 0, "lane": 1}
        return order.get(self.element(shape).kind, 2), len(self.model.around(shape.element))

    def shape(self, s: Shape) -> str:
        e, state = self.element(s), self.states.get(s.element, _UNKNOWN)
        if e.kind in {"participant", "lane"}:
            return _band(e, s)
        look = _LOOKS[state.state]
        inner = _node(e, s, look)
        label = (e.name or e.kind) + (f" ({look.word})" if look.word else "")
        if state.count is not None:
            inner += _badge(s.box, state.count, look.stroke)
            label += f": {state.count}"
        css = quoteattr(" ".join(part for part in ("el", e.kind, state.state or "") if part))
        group = f"<g class={css} data-element-id={quoteattr(e.id)}><title>{escape(label)}</title>{inner}</g>"
        return f"<a href={quoteattr(state.href)}>{group}</a>" if state.href else group

    def edge(self, d: Edge) -> str:
        e = self.model.elements[d.element]
        is_done = self.states.get(d.element, _UNKNOWN).state == "done"
        colour, width = (_LOOKS["done"].stroke, 2.6) if is_done else (INK, 1.5)
        dash, end = {"messageFlow": ("8 5", "open"), "association": ("1 4", "")}.get(e.kind, ("", "arrow"))
        if e.kind.startswith("data"):
            dash, end = "1 4", "open"
        style = f' stroke-dasharray="{dash}"' if dash else ""
        style += f' marker-end="url(#{_attribute(self.prefix)}-{end})"' if end else ""
        out = f'<path d="{_rounded(d.points)}" fill="none" stroke="{colour}" stroke-width="{width}"{style}/>'
        x, y = d.points[0]
        source = self.model.elements.get(e.source)
        if e.kind == "messageFlow":
            out += f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{PAPER}" stroke="{INK}"/>'
        elif source is not None and source.attributes.get("default") == e.id:
            out += _default_mark(d.points[0], d.points[1])
        if e.name:
            box = d.label or _beside(d.points, e.name)
            rows = wrap(e.name, max(box.w + 6, 30))
            out += _text(rows, box.cx, box.y, extra=f' class="label" stroke="{PAPER}" stroke-width="3" paint-order="stroke"')
        css = "flow done" if is_done else "flow"
        return f'<g class="{css}" data-element-id={quoteattr(d.element)}>{out}</g>'


def _attribute(text: str) -> str:
    """Text for the inside of a double-quoted attribute."""
    return escape(text, {'"': "&quot;"})


def _text(rows: list[str], x: float, y: float, *, anchor: str = "middle", size: int = SIZE, extra: str = "") -> str:
    """Lines of text; ``y`` is the top of the block."""
    step = size + LEADING
    lines = "".join(f'<tspan x="{x:g}" y="{y + i * step + size - 0.5:g}">{escape(row)}</tspan>' for i, row in enumerate(rows))
    return f'<text text-anchor="{anchor}" font-size="{size}" fill="{INK}"{extra}>{lines}</text>'


def _rect(b: Box, style: str) -> str:
    return f'<rect x="{b.x:g}" y="{b.y:g}" width="{b.w:g}" height="{b.h:g}" {style}/>'


def _band(e: Element, s: Shape) -> str:
    """A pool or a lane."""
    b = s.box
    out = _rect(b, f'fill="none" stroke="{INK}" stroke-width="1.2"')
    if e.kind == "participant" and not e.attributes.get("processRef"):  # a pool of which only the edge is shown
        return out + _text(wrap(e.name, b.w - 20, 12), b.cx, b.cy - 8, size=12)
    rows = wrap(e.name, (b.h if s.horizontal else b.w) - INSET, BAND_SIZE, 2)
    size = BAND_SIZE if len(rows) == 1 else SIZE
    if not s.horizontal:
        return out + _text(rows, b.cx, b.y + 8, size=size)
    if e.kind == "participant":
        out += f'<path d="M{b.x + 30:g} {b.y:g}v{b.h:g}" stroke="{INK}" stroke-width="1.2"/>'
    return (
        out
        + f'<g transform="translate({b.x + 15:g},{b.cy:g}) rotate(-90)">{_text(rows, 0, -(size + LEADING) / 2 * len(rows), size=size)}</g>'
    )


def _node(e: Element, s: Shape, look: _Look) -> str:
    """Everything but pools and lanes."""
    b = s.box
    if e.kind in EVENTS:
        return _event(e, b, look) + _outer_label(e, s)
    if e.kind in GATEWAYS:
        diamond = path(
            f"M{b.cx:g} {b.y:g}L{b.x2:g} {b.cy:g}L{b.cx:g} {b.y2:g}L{b.x:g} {b.cy:g}z", look.fill, look.stroke, look.width
        )
        return diamond + gateway_icon(e.kind, b.cx, b.cy) + _outer_label(e, s)
    if e.kind == "textAnnotation":
        return path(f"M{b.x + 8:g} {b.y:g}h-8v{b.h:g}h8") + _text(wrap(e.text, b.w - 12), b.x + 8, b.y + 5, anchor="start")
    if e.kind == "dataObjectReference":
        sheet = f"M{b.x:g} {b.y:g}h{b.w - 10:g}l10 10v{b.h - 10:g}h-{b.w:g}zM{b.x2 - 10:g} {b.y:g}v10h10"
        return path(sheet, look.fill) + _outer_label(e, s)
    if e.kind == "dataStoreReference":
        drum = f"M{b.x:g} {b.y + 7:g}v{b.h - 14:g}c0 9 {b.w:g} 9 {b.w:g} 0v-{b.h - 14:g}c0-9-{b.w:g}-9-{b.w:g} 0c0 9 {b.w:g} 9 {b.w:g} 0"
        return path(drum, look.fill) + _outer_label(e, s)
    if e.kind == "group":
        return _rect(b, f'rx="10" fill="none" stroke="{INK}" stroke-dasharray="9 4 2 4"')
    return _activity(e, s, look)


def _event(e: Element, b: Box, look: _Look) -> str:
    r = b.w / 2
    gentle = e.attributes.get("cancelActivity") == "false" or e.attributes.get("isInterrupting") == "false"
    dash = ' stroke-dasharray="4 3"' if gentle else ""
    width = max(look.width, 3.6) if e.kind == "endEvent" else look.width
    out = (
        f'<circle cx="{b.cx:g}" cy="{b.cy:g}" r="{r:g}" fill="{look.fill}" stroke="{look.stroke}" stroke-width="{width}"{dash}/>'
    )
    if e.kind not in {"startEvent", "endEvent"}:
        out += f'<circle cx="{b.cx:g}" cy="{b.cy:g}" r="{r - 3:g}" fill="none" stroke="{look.stroke}" stroke-width="1.3"{dash}/>'
    return out + event_icon(e.event, b.cx, b.cy, filled=e.kind in {"endEvent", "intermediateThrowEvent"})


def _activity(e: Element, s: Shape, look: _Look) -> str:
    """A task, a call activity or a sub-process."""
    b, is_sub = s.box, e.kind in CONTAINERS
    is_open = is_sub and s.expanded
    width = max(look.width, 4) if e.kind == "callActivity" else look.width
    dash = ' stroke-dasharray="2 4"' if e.attributes.get("triggeredByEvent") == "true" else ""
    fill = "#fafafa" if is_open and not look.word else look.fill
    out = _rect(b, f'rx="10" fill="{fill}" stroke="{look.stroke}" stroke-width="{width}"{dash}')
    icon = task_icon(e.kind, b.x + 5, b.y + 4)
    if is_open:
        out += _text(wrap(e.name, b.w - 20, SIZE, 1), b.cx, b.y + 6, extra=' font-weight="bold"')
    else:
        rows, top = name_lines(e.name, b.w, b.h, has_icon=bool(icon), has_sign=bool(e.loop))
        out += _text(rows, b.cx, b.y + top)
    signs = ([LOOPS[e.loop]] if e.loop else []) + ([COLLAPSED] if is_sub and not s.expanded else [])
    marks = (at(b.cx + (i - (len(signs) - 1) / 2) * 20, b.y2 - 10, path(d, width=1.6)) for i, d in enumerate(signs))
    return out + icon + "".join(marks)


def _outer_label(e: Element, s: Shape) -> str:
    if not e.name:
        return ""
    box = s.label
    if box is None:
        w, h = label_size(e.name)
        box = Box(s.box.cx - w / 2, s.box.y2 + 4, w, h)
    return _text(wrap(e.name, max(box.w + 6, 30)), box.cx, box.y, extra=' class="label"')


def _badge(b: Box, count: int, colour: str) -> str:
    """The number of tokens in the upper right corner."""
    w = max(20.0, text_width(str(count), 12) + 10)
    return (
        _rect(Box(b.x2 - w / 2, b.y - 10, w, 20), f'rx="10" fill="{colour}"')
        + f'<text x="{b.x2:g}" y="{b.y + 4.5:g}" text-anchor="middle" font-size="12" font-weight="bold" fill="#fff">{count}</text>'
    )


def _rounded(points: tuple[Point, ...]) -> str:
    """A path with rounded corners."""
    out = ""
    for i, (x, y) in enumerate(points):
        if 0 < i < len(points) - 1:
            (ax, ay), (bx, by) = points[i - 1], points[i + 1]
            before, after = max(abs(ax - x) + abs(ay - y), 1e-6), max(abs(bx - x) + abs(by - y), 1e-6)
            q, r = min(6.0, before / 2), min(6.0, after / 2)
            out += f"L{x + (ax - x) * q / before:.1f} {y + (ay - y) * q / before:.1f}"
            out += f"Q{x:g} {y:g} {x + (bx - x) * r / after:.1f} {y + (by - y) * r / after:.1f}"
        else:
            out += f"{'L' if i else 'M'}{x:g} {y:g}"
    return out


def _default_mark(start: Point, after: Point) -> str:
    """The slash across a default flow."""
    (x, y), (u, v) = start, after
    length = max(((u - x) ** 2 + (v - y) ** 2) ** 0.5, 1)
    dx, dy = (u - x) / length, (v - y) / length
    mx, my = x + dx * DEFAULT_MARK, y + dy * DEFAULT_MARK
    slash = f"M{mx - 4 * dx + 5 * dy:.1f} {my - 4 * dy - 5 * dx:.1f}L{mx + 4 * dx - 5 * dy:.1f} {my + 4 * dy + 5 * dx:.1f}"
    return f'<path d="{slash}" stroke="{INK}" stroke-width="1.5"/>'


def _beside(points: tuple[Point, ...], name: str) -> Box:
    """Where the label of a flow goes when the file does not say."""
    middle = (len(points) - 1) // 2
    (x, y), (u, v) = points[middle], points[middle + 1]
    w, h = label_size(name)
    return Box((x + u) / 2 - w / 2, (y + v) / 2 - h - 3, w, h)
