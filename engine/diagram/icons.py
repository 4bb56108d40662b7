"""The signs of BPMN as SVG paths."""

from __future__ import annotations

from typing import Final

INK: Final = "#1f2937"
PAPER: Final = "#ffffff"

_EVENTS: Final = {
    "signal": "M0-9l9 15h-18z",
    "error": "M-9 8l5-14l6 8l7-11l-5 16l-6-8z",
    "escalation": "M0-10l7 18l-7-7l-7 7z",
    "link": "M-9-4h10v-5l9 9l-9 9v-5h-10z",
    "compensate": "M0-7v14l-9-7zM9-7v14l-9-7z",
    "cancel": "M-8-6l2-2l6 6l6-6l2 2l-6 6l6 6l-2 2l-6-6l-6 6l-2-2l6-6z",
}
_TIMER: Final = "M0-10a10 10 0 1 0 .1 0zM0-10v3M0 10v-3M-10 0h3M10 0h-3M0 0l1.5-6M0 0l4 1.5"
_CONDITION: Final = "M-7-9h14v18h-14zM-4-5h8M-4-1.5h8M-4 2h8M-4 5.5h8"
_GEAR: Final = (
    "M8 1.5l1.2 2.3l2.5-.6l.6 2.5l2.3 1.2l-1.2 2.1l1.2 2.1l-2.3 1.2l-.6 2.5l-2.5-.6l-1.2 2.3l-1.2-2.3l-2.5.6l-.6-2.5"
    "l-2.3-1.2l1.2-2.1l-1.2-2.1l2.3-1.2l.6-2.5l2.5.6zM8 6a3 3 0 1 0 .1 0z"
)
_TASKS: Final = {  # path, fill
    "userTask": ("M2 16v-3c0-3 3-4 6-4s6 1 6 4v3zM8 1.5a3.6 3.6 0 1 0 .1 0z", PAPER),
    "serviceTask": (_GEAR, PAPER),
    "scriptTask": ("M4 1.5h10c-5 4 2 9-3 13h-10c5-4-2-9 3-13zM5 5h5M5.5 8h5M5 11h5", "none"),
    "businessRuleTask": ("M1 2h14v12h-14zM1 6h14M1 10h14M5.5 6v8", "none"),
    "receiveTask": ("M1 3h14v10h-14zM1 3l7 5.5l7-5.5", "none"),
    "manualTask": ("M2 7l5-4h2l-1.5 2h7v2h-5h5.5v2h-5.5h4.5v2h-5h3v2h-8l-2-1z", PAPER),
}
_GATEWAYS: Final = {
    "exclusiveGateway": "M-7-8l14 16M7-8l-14 16",
    "parallelGateway": "M0-11v22M-11 0h22",
    "complexGateway": "M0-11v22M-11 0h22M-8-8l16 16M8-8l-16 16",
}
_EVENT_GATEWAY: Final = "M0-14a14 14 0 1 0 .1 0zM0-11a11 11 0 1 0 .1 0zM0-6.5l6.5 4.8l-2.5 7.6h-8l-2.5-7.6z"
LOOPS: Final = {
    "parallel": "M-5-6v12M0-6v12M5-6v12",
    "sequential": "M-6-5h12M-6 0h12M-6 5h12",
    "loop": "M-2 5a6 6 0 1 1 4 .3M-2 5l-5 1M-2 5l-1-5",
}
COLLAPSED: Final = "M-7-7h14v14h-14zM0-4v8M-4 0h8"


def path(d: str, fill: str = "none", stroke: str = INK, width: float = 1.3) -> str:
    """One path element."""
    return f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"/>'


def at(x: float, y: float, inner: str) -> str:
    """Something drawn around 0, moved to its place."""
    return f'<g transform="translate({x:g},{y:g})">{inner}</g>'


def event_icon(kind: str, cx: float, cy: float, *, filled: bool) -> str:
    """The sign inside an event; throwing events are filled."""
    fill = INK if filled else PAPER
    if kind == "message":
        return at(cx, cy, path("M-9-6h18v12h-18z", fill) + path("M-9-6l9 7l9-7", stroke=PAPER if filled else INK))
    if kind == "timer":
        return at(cx, cy, path(_TIMER, PAPER))
    if kind == "conditional":
        return at(cx, cy, path(_CONDITION, PAPER))
    if kind == "terminate":
        return f'<circle cx="{cx:g}" cy="{cy:g}" r="10.5" fill="{INK}"/>'
    return at(cx, cy, path(_EVENTS[kind], fill)) if kind in _EVENTS else ""


def task_icon(kind: str, x: float, y: float) -> str:
    """The sign in the upper left corner of a task, or empty."""
    if kind == "sendTask":
        return at(x, y, path("M1 3h14v10h-14z", INK, width=1.1) + path("M1 3l7 5.5l7-5.5", stroke=PAPER, width=1.1))
    if kind not in _TASKS:
        return ""
    d, fill = _TASKS[kind]
    return at(x, y, path(d, fill, width=1.1))


def gateway_icon(kind: str, cx: float, cy: float) -> str:
    """The sign inside a gateway."""
    if kind == "inclusiveGateway":
        return f'<circle cx="{cx:g}" cy="{cy:g}" r="11" fill="none" stroke="{INK}" stroke-width="2.5"/>'
    if kind in _GATEWAYS:
        return at(cx, cy, path(_GATEWAYS[kind], width=3))
    return at(cx, cy, path(_EVENT_GATEWAY, width=1))
