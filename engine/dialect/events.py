"""Event definitions and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from engine.dialect.extensions import text_of
from engine.dialect.names import BPMN, CODES, definition_of, local, zeebe
from engine.specs.facts import Event, EventKind

if TYPE_CHECKING:
    from lxml import etree

Named = Mapping[str, "etree._Element"]  # messages, signals, errors, escalations by id


def read_named(root: etree._Element) -> dict[str, etree._Element]:
    """Everything an event definition may refer to."""
    return {e.get("id", ""): e for tag in ("message", *CODES) for e in root.iter(BPMN + tag)}


def event_kind(node: etree._Element) -> str:
    """``none``, or the name of the event definition without its ending."""
    definition = definition_of(node)
    return "none" if definition is None else local(definition).removesuffix("EventDefinition")


def read_event(node: etree._Element, named: Named) -> Event:
    """What an event (or receive or send task) waits for or throws."""
    definition, kind = definition_of(node), event_kind(node)
    if local(node) in ("receiveTask", "sendTask") or kind == "message":
        message = named.get((node if definition is None else definition).get("messageRef", ""))
        if message is None:
            return Event(kind="message")
        subscription = zeebe(message, "subscription")
        return Event(
            kind="message", name=message.get("name"), text=None if subscription is None else subscription.get("correlationKey") or None
        )
    if definition is None:
        return Event(kind="none")
    if kind == "timer":
        when = next((c for c in definition if local(c) in ("timeDate", "timeDuration", "timeCycle")), None)
        return Event(kind="timer") if when is None else Event(kind="timer", text=(when.text or "").strip(), form=local(when)[4:].lower())
    if kind == "conditional":
        return Event(kind="conditional", text=text_of(definition, "condition"))
    if kind in CODES:
        target = named.get(definition.get(kind + "Ref", ""))
        return Event(kind=cast("EventKind", kind), name=None if target is None else target.get(CODES[kind]) or None)
    return Event(kind=cast("EventKind", kind), name=definition.get("name"))
