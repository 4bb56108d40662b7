"""Events: which may stand where, and what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.checks.texts import check_condition, check_feel, check_timer
from engine.dialect.events import event_kind
from engine.dialect.extensions import worker_type
from engine.dialect.names import CODES, REFUSED_EVENTS, definition_of, is_bpmn, local, zeebe

if TYPE_CHECKING:
    from lxml import etree

    from engine.checks.context import Context

LISTENED: Final = frozenset({"message", "timer", "signal", "error", "escalation", "conditional"})
ALLOWED: Final = {
    "start of a process": frozenset({"none", "message", "timer", "signal"}),
    "start of a sub-process": frozenset({"none"}),
    "start of an event sub-process": LISTENED,
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "link"}),
    "endEvent": frozenset({"none", "message", "signal", "error", "escalation", "terminate"}),
    "boundaryEvent": LISTENED,
}
GERMAN: Final = {
    "none": "kein Auslöser",
    "message": "Nachricht",
    "timer": "Zeitgeber",
    "signal": "Signal",
    "error": "Fehler",
    "escalation": "Eskalation",
    "conditional": "Bedingung",
    "link": "Verknüpfung",
    "terminate": "Terminierung",
}
PLACES: Final = {
    "start of a process": "Startereignis eines Prozesses",
    "start of a sub-process": "Startereignis eines Teilprozesses",
    "start of an event sub-process": "Startereignis eines Ereignis-Teilprozesses",
    "intermediateCatchEvent": "fangendes Zwischenereignis",
    "intermediateThrowEvent": "auslösendes Zwischenereignis",
    "endEvent": "Endereignis",
    "boundaryEvent": "angeheftetes Ereignis",
}


def check_event(context: Context, node: etree._Element, container: str) -> None:
    """One event; ``container`` is the place of a start event (a key of ``PLACES``)."""
    definitions = [c for c in node if is_bpmn(c) and local(c).endswith("EventDefinition")]
    if len(definitions) > 1 or any(local(c) == "eventDefinitionRef" for c in node):
        context.error(
            "multiple_events",
            node,
            "{x}: mehrere Auslöser an einem Ereignis werden nicht ausgeführt; bitte einzelne Ereignisse zeichnen.",
            "{x}: several triggers at one event are not executed; please draw single events.",
        )
        return
    kind, place = event_kind(node), container if local(node) == "startEvent" else local(node)
    if kind in REFUSED_EVENTS:
        context.error(
            "refused_event",
            node,
            f"{{x}}: Ereignisse der Art {REFUSED_EVENTS[kind]} werden noch nicht ausgeführt.",
            f'{{x}}: events of kind "{kind}" are not executed yet.',
        )
        return
    if kind not in ALLOWED[place]:
        context.error(
            "event_place",
            node,
            f"{{x}}: {PLACES[place]} mit Auslöser „{GERMAN.get(kind, kind)}“ ist nicht möglich.",
            f'{{x}}: trigger "{kind}" is not possible at {place}.',
        )
        return
    interrupts = node.get("isInterrupting" if local(node) == "startEvent" else "cancelActivity", "true") == "true"
    if kind == "error" and place in ("boundaryEvent", "start of an event sub-process") and not interrupts:
        context.error("error_interrupts", node, "{x}: ein Fehlerereignis unterbricht immer.", "{x}: an error event always interrupts.")
    definition = definition_of(node)
    if definition is not None:
        check_definition(context, node, definition, kind, place)


def check_definition(context: Context, node: etree._Element, definition: etree._Element, kind: str, place: str) -> None:
    """What the trigger needs."""
    throws = place in ("endEvent", "intermediateThrowEvent")
    if kind == "timer":
        check_timer(context, node, definition)
        if place == "intermediateCatchEvent" and any(local(c) == "timeCycle" for c in definition):
            context.warn(
                "cycle_once", node, "{x}: die Wiederholung wirkt hier nur einmal, beim ersten Mal.", "{x}: the cycle fires only once here."
            )
    elif kind == "message":
        if not (throws and worker_type(node) is not None):
            check_message(context, node, definition.get("messageRef"), needs_key=not throws and place != "start of a process")
    elif kind == "conditional":
        if not check_condition(context, node, definition, "condition", "die Bedingung", "the condition"):
            context.error("condition_missing", node, "{x}: die Bedingung fehlt.", "{x}: the condition is missing.")
    elif kind == "link" and not definition.get("name"):
        context.error("link_name", node, "{x}: die Verknüpfung hat keinen Namen.", "{x}: the link has no name.")
    elif kind in CODES:
        check_reference(context, node, definition, kind, throws=throws)


def check_reference(context: Context, node: etree._Element, definition: etree._Element, kind: str, *, throws: bool) -> None:
    """Signal, error and escalation refer to a named thing."""
    reference = definition.get(kind + "Ref")
    target = context.named.get(reference or "")
    what = {"signal": "das Signal", "error": "der Fehler", "escalation": "die Eskalation"}[kind]
    if reference and target is None:
        context.error(
            "reference",
            node,
            f"{{x}}: {what} „{reference}“ gibt es in dieser Datei nicht.",
            f'{{x}}: {kind} "{reference}" is not in this file.',
        )
        return
    value = None if target is None else target.get(CODES[kind])
    field = "Namen" if kind == "signal" else "Code"
    if value and value.startswith("="):
        context.error(
            "code_expression",
            node,
            f"{{x}}: {what} braucht einen festen {field}, keinen Ausdruck.",
            f"{{x}}: the {kind} needs a literal name or code, not an expression.",
        )
    elif not value and (throws or kind == "signal"):
        context.error("code_missing", node, f"{{x}}: {what} hat keinen {field}.", f"{{x}}: the {kind} has no name or code.")
    elif not value and reference:
        context.warn(
            "catches_all",
            node,
            f"{{x}}: {what} hat keinen {field}; deshalb wird jeder Fall dieser Art behandelt.",
            f"{{x}}: the {kind} has no code, so every one is caught.",
        )


def check_message(context: Context, node: etree._Element, reference: str | None, *, needs_key: bool) -> None:
    """A message with a literal name, and a correlation key where one instance has to be found."""
    if not reference:
        context.error("reference", node, "{x}: es ist keine Nachricht zugeordnet.", "{x}: no message is assigned.")
        return
    message = context.named.get(reference)
    if message is None or local(message) != "message":
        context.error(
            "reference",
            node,
            f"{{x}}: die Nachricht „{reference[:80]}“ gibt es in dieser Datei nicht.",
            f'{{x}}: message "{reference[:80]}" is not in this file.',
        )
        return
    name = message.get("name") or ""
    if not name or name.startswith("="):
        context.error("message_name", node, "{x}: die Nachricht braucht einen festen Namen.", "{x}: the message needs a literal name.")
    subscription = zeebe(message, "subscription")
    if needs_key and (subscription is None or not subscription.get("correlationKey")):
        context.error(
            "correlation_key",
            node,
            f"{{x}}: der Nachricht „{name}“ fehlt der Korrelationsschlüssel (zeebe:subscription).",
            f'{{x}}: message "{name}" has no correlation key (zeebe:subscription).',
        )
    elif needs_key and subscription is not None:
        check_feel(context, node, subscription.get("correlationKey"), "der Korrelationsschlüssel", "the correlation key")
