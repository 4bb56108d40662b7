"""Processes, sub-processes, boundary events, gateways and flows: do they fit together?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.checks.context import ID_FORM, MAX_NESTING, label
from engine.checks.events import check_event
from engine.checks.nodes import check_node
from engine.checks.texts import check_condition
from engine.dialect.events import event_kind
from engine.dialect.names import (
    ACTIVITIES,
    BPMN,
    DERIVED,
    DOCUMENTATION,
    EVENTS,
    GATEWAYS,
    NODES,
    REFUSED,
    definition_of,
    is_bpmn,
    local,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

    from engine.checks.context import Context

SILENT: Final = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "script",
    }
)
# Nothing that runs refers to an element of these by its id.
NEVER_ASKED: Final = (DOCUMENTATION - {"signal", "error", "escalation", "message", "laneSet"}) | {
    "conditionExpression",
    "dataInput",
    "dataOutput",
    "formalExpression",
    "inputSet",
    "messageFlow",
    "outputSet",
    "participant",
    "resourceAssignmentExpression",
}


def check_ids(context: Context) -> None:
    """Ids are unique in the whole file; doubled ones of elements that only document, as some tools write them, do no harm."""
    seen: dict[str, bool] = {}
    for node in context.root.iter():
        found = node.get("id") if is_bpmn(node) else None
        if found is None:
            continue
        harmless = local(node) in NEVER_ASKED
        if found in seen:
            context.add(
                "warning" if harmless and seen[found] else "error",
                "duplicate_id",
                node,
                f"{{x}}: die Kennung „{found[:80]}“ kommt mehrfach vor.",
                f'{{x}}: the id "{found[:80]}" occurs more than once.',
            )
        seen[found] = harmless and seen.get(found, True)


def by_id(nodes: Iterable[etree._Element]) -> dict[str, etree._Element]:
    """The elements by id; those without one, and the second of a doubled one, under keys that no reference can name."""
    found: dict[str, etree._Element] = {}
    for number, node in enumerate(nodes):
        name = node.get("id") or ""
        found[name if name and name not in found else f"\0{number}"] = node
    return found


class ScopeCheck:
    """One process or sub-process.

    Args:
        context: where findings go.
        scope: the element.
        kind: ``process``, ``sub-process`` or ``event sub-process``.
        depth: of sub-processes around it.
    """

    def __init__(self, context: Context, scope: etree._Element, kind: str, depth: int = 0) -> None:
        self.context, self.scope, self.kind, self.depth = context, scope, kind, depth
        self.nodes = by_id(n for n in scope if is_bpmn(n) and local(n) in NODES)
        self.refused = by_id(n for n in scope if is_bpmn(n) and local(n) in REFUSED)
        self.flows = scope.findall(BPMN + "sequenceFlow")
        self.outgoing: dict[str, list[etree._Element]] = {}
        self.incoming: dict[str, list[etree._Element]] = {}
        for flow in self.flows:
            for known, end in ((self.outgoing, flow.get("sourceRef")), (self.incoming, flow.get("targetRef"))):
                if end:
                    known.setdefault(end, []).append(flow)

    def run(self) -> None:
        """All rules."""
        for child in self.scope:
            self.check_child(child)
        self.check_starts()
        self.check_links()
        self.check_reachable()
        for flow in self.flows:
            self.check_flow(flow)
        for node in self.nodes.values():
            self.check_place(node)

    # -- elements --------------------------------------------------------------------------------------------------------------
    def check_child(self, node: etree._Element) -> None:
        """Known, refused, documentation, or foreign."""
        tag, context = local(node), self.context
        if not tag:
            return
        if not is_bpmn(node):
            context.ignore(
                "foreign", node, f"Das fremde Element „{tag}“ wird nicht ausgewertet.", f'The foreign element "{tag}" is not evaluated.'
            )
        elif tag in REFUSED:
            context.error(
                "refused_element", node, f"{{x}}: {REFUSED[tag]} wird noch nicht ausgeführt.", f'{{x}}: "{tag}" is not executed yet.'
            )
        elif tag in NODES or tag == "sequenceFlow":
            self.check_id(node)
            if tag in NODES:
                self.check_known(node)
        elif tag in DOCUMENTATION or tag in SILENT:
            if tag not in SILENT:
                context.ignore(
                    "documentation",
                    node,
                    "{x} bleibt als Dokumentation erhalten und wird nicht ausgeführt.",
                    "{x} is kept as documentation and not executed.",
                )
        elif tag != "extensionElements":
            context.error(
                "unknown_element",
                node,
                f"{{x}}: das Element „{tag}“ ist unbekannt und kann nicht ausgeführt werden.",
                f'{{x}}: the element "{tag}" is unknown and cannot be executed.',
            )

    def check_id(self, node: etree._Element) -> None:
        """Ids become names of specs, parts of paths and columns."""
        found = node.get("id")
        if not found:
            self.context.error("id_missing", node, "{x}: die Kennung (id) fehlt.", "{x}: the id is missing.")
        elif not ID_FORM.fullmatch(found) or len(found) > 200:
            self.context.error(
                "id_form",
                node,
                f"{{x}}: die Kennung „{found[:80]}“ ist nicht verwendbar; erlaubt sind bis zu 200 Buchstaben, Ziffern, „_“, „-“ und „.“, "
                "am Anfang kein „-“.",
                f'{{x}}: the id "{found[:80]}" cannot be used; up to 200 letters, digits, "_", "-" and "." are allowed.',
            )
        elif found.endswith(DERIVED):
            self.context.error(
                "id_form",
                node,
                f"{{x}}: die Kennung „{found[:80]}“ ist nicht verwendbar; so enden die Namen, die Etappe selbst vergibt "
                f"({', '.join(f'„{end}“' for end in DERIVED)}).",
                f'{{x}}: the id "{found[:80]}" cannot be used; names of our own end like this ({", ".join(DERIVED)}).',
            )

    def check_known(self, node: etree._Element) -> None:
        """A node that may run."""
        tag, context = local(node), self.context
        check_node(context, node)
        if tag in EVENTS:
            check_event(context, node, "start of a" + ("n " if self.kind == "event sub-process" else " ") + self.kind)
        elif tag == "subProcess":
            event = node.get("triggeredByEvent") == "true"
            if self.depth >= MAX_NESTING:
                context.error(
                    "nesting",
                    node,
                    f"{{x}}: mehr als {MAX_NESTING} ineinander liegende Teilprozesse.",
                    f"{{x}}: more than {MAX_NESTING} nested sub-processes.",
                )
                return
            if event and (
                node.find(BPMN + "multiInstanceLoopCharacteristics") is not None
                or node.find(BPMN + "standardLoopCharacteristics") is not None
            ):
                context.error(
                    "loop_event",
                    node,
                    "{x}: ein Ereignis-Teilprozess kann nicht mehrfach ausgeführt werden.",
                    "{x}: an event sub-process cannot have a loop.",
                )
            ScopeCheck(context, node, "event sub-process" if event else "sub-process", self.depth + 1).run()

    # -- scope -----------------------------------------------------------------------------------------------------------------
    def check_starts(self) -> None:
        """How this scope begins."""
        starts = [n for n in self.nodes.values() if local(n) == "startEvent"]
        if not starts:
            self.context.error("no_start", self.scope, "{x}: das Startereignis fehlt.", "{x}: the start event is missing.")
        elif self.kind == "process":
            for second in [n for n in starts if event_kind(n) == "none"][1:]:
                self.context.error(
                    "several_plain_starts",
                    second,
                    "{x}: ein Prozess hat höchstens ein Startereignis ohne Auslöser; sonst ist offen, wo er beginnt.",
                    "{x}: a process has at most one start event without a trigger; otherwise it is open where it begins.",
                )
        elif len(starts) > 1:
            self.context.error(
                "several_starts",
                self.scope,
                "{x}: hier ist genau ein Startereignis möglich.",
                "{x}: exactly one start event is possible here.",
            )

    def check_links(self) -> None:
        """Link events come in pairs within their scope."""
        throws: dict[str, etree._Element] = {}
        catches: dict[str, etree._Element] = {}
        for node in self.nodes.values():
            if event_kind(node) != "link":
                continue
            definition = definition_of(node)
            name = "" if definition is None else definition.get("name") or ""
            if local(node) == "intermediateCatchEvent":
                if name in catches:
                    self.context.error(
                        "link_target",
                        node,
                        f"{{x}}: für die Verknüpfung „{name}“ gibt es mehrere Ziele.",
                        f'{{x}}: link "{name}" has several targets.',
                    )
                catches[name] = node
            elif local(node) == "intermediateThrowEvent":
                throws[name] = node
                if self.outgoing.get(node.get("id") or ""):
                    self.context.error(
                        "link_flow",
                        node,
                        "{x}: nach einem Verknüpfungssprung geht kein Fluss weiter.",
                        "{x}: no flow leaves a throwing link.",
                    )
        for name, node in throws.items():
            if name not in catches:
                self.context.error(
                    "link_target",
                    node,
                    f"{{x}}: für die Verknüpfung „{name}“ gibt es hier kein Ziel.",
                    f'{{x}}: link "{name}" has no target here.',
                )
        for name, node in catches.items():
            if name not in throws:
                self.context.warn(
                    "link_unused", node, f"{{x}}: zur Verknüpfung „{name}“ springt niemand.", f'{{x}}: nobody jumps to link "{name}".'
                )

    def check_reachable(self) -> None:
        """Nothing stands beside the way."""
        todo = [
            i
            for i, n in self.nodes.items()
            if local(n) in ("startEvent", "boundaryEvent") or n.get("triggeredByEvent") == "true" or self.is_link_target(n)
        ]
        reached = set(todo)
        while todo:
            for flow in self.outgoing.get(todo.pop(), ()):
                target = flow.get("targetRef") or ""
                if target not in reached:
                    reached.add(target)
                    todo.append(target)
        for found, node in self.nodes.items():
            if found in reached or found.startswith("\0"):  # no flow can name what has no id of its own; that has been said
                continue
            if self.incoming.get(found):
                self.context.warn(
                    "unreachable", node, "{x} wird von keinem Startereignis aus erreicht.", "{x} cannot be reached from any start event."
                )
            else:
                self.context.error(
                    "orphan",
                    node,
                    "{x} hat keinen eingehenden Fluss und würde nie ausgeführt.",
                    "{x} has no incoming flow and would never run.",
                )

    @staticmethod
    def is_link_target(node: etree._Element) -> bool:
        """Where a link arrives."""
        return local(node) == "intermediateCatchEvent" and event_kind(node) == "link"

    # -- flows -----------------------------------------------------------------------------------------------------------------
    def check_flow(self, flow: etree._Element) -> None:
        """From a node to a node of the same scope."""
        for name, german, begins in (("sourceRef", "Anfang", "beginnt"), ("targetRef", "Ende", "endet")):
            found = flow.get(name) or ""
            if found and found in self.refused:
                self.context.error(
                    "flow_refused",
                    flow,
                    f"Der Fluss {{x}}: sein {german} „{label(self.refused[found])}“ wird noch nicht ausgeführt.",
                    f'Flow {{x}}: {name} "{label(self.refused[found])}" is not executed yet.',
                )
            elif not found:
                self.context.error(
                    "flow_reference", flow, f"Der Fluss {{x}}: es fehlt die Angabe, wo er {begins} ({name}).", f"Flow {{x}} has no {name}."
                )
            elif found not in self.nodes:
                self.context.error(
                    "flow_reference",
                    flow,
                    f"Der Fluss {{x}}: sein {german} „{found[:80]}“ gibt es in diesem (Teil-)Prozess nicht.",
                    f'Flow {{x}}: {name} "{found[:80]}" is not in this (sub-)process.',
                )
        condition = check_condition(self.context, flow, flow, "conditionExpression", "die Bedingung", "the condition")
        source = self.nodes.get(flow.get("sourceRef") or "")
        if source is None:
            return
        if condition and local(source) in ("parallelGateway", "eventBasedGateway"):
            self.context.error(
                "condition_place",
                flow,
                f"Der Fluss {{x}}: nach „{label(source)}“ sind keine Bedingungen möglich.",
                f'Flow {{x}}: no conditions after "{label(source)}".',
            )
        if condition and source.get("default") == flow.get("id"):
            self.context.warn(
                "default_condition",
                flow,
                "Der Fluss {x}: die Bedingung eines Standardflusses wird nicht ausgewertet.",
                "Flow {x}: the condition of a default flow is not evaluated.",
            )

    def check_place(self, node: etree._Element) -> None:
        """How a node is connected."""
        tag, found, context = local(node), node.get("id") or "", self.context
        incoming, outgoing = self.incoming.get(found, []), self.outgoing.get(found, [])
        if incoming and (tag in ("startEvent", "boundaryEvent") or node.get("triggeredByEvent") == "true" or self.is_link_target(node)):
            context.error("flow_into", node, "{x}: hier kann kein Fluss ankommen.", "{x}: no flow can arrive here.")
        if outgoing and (tag == "endEvent" or node.get("triggeredByEvent") == "true"):
            context.error("flow_out", node, "{x}: von hier kann kein Fluss ausgehen.", "{x}: no flow can leave here.")
        default = node.get("default")
        if default and default not in {f.get("id") for f in outgoing}:
            context.error(
                "default_reference",
                node,
                f"{{x}}: der Standardfluss „{default[:80]}“ geht nicht von hier aus.",
                f'{{x}}: the default flow "{default[:80]}" does not leave here.',
            )
        if tag == "boundaryEvent":
            self.check_boundary(node, outgoing)
        elif tag in GATEWAYS:
            self.check_gateway(node, outgoing)

    def check_boundary(self, node: etree._Element, outgoing: list[etree._Element]) -> None:
        """Attached to an activity."""
        host = self.nodes.get(node.get("attachedToRef") or "")
        if host is None or local(host) not in ACTIVITIES or host.get("triggeredByEvent") == "true":
            self.context.error(
                "attached",
                node,
                "{x}: das Ereignis ist an keine Aktivität dieses (Teil-)Prozesses geheftet.",
                "{x}: the event is not attached to an activity of this (sub-)process.",
            )
        if not outgoing:
            self.context.warn("boundary_end", node, "{x}: von diesem Ereignis geht kein Fluss aus.", "{x}: no flow leaves this event.")

    def check_gateway(self, node: etree._Element, outgoing: list[etree._Element]) -> None:
        """Decisions are complete."""
        tag, context = local(node), self.context
        if tag == "eventBasedGateway":
            self.check_event_gateway(node, outgoing)
        elif tag != "parallelGateway" and len(outgoing) > 1:
            for flow in outgoing:
                text = flow.findtext(BPMN + "conditionExpression")
                if not (text or "").strip() and flow.get("id") != node.get("default"):
                    context.error(
                        "flow_condition",
                        flow,
                        f"Der Fluss {{x}} nach „{label(node)}“ braucht eine Bedingung oder muss der Standardfluss sein.",
                        f'Flow {{x}} after "{label(node)}" needs a condition or must be the default flow.',
                    )
            if not node.get("default"):
                context.warn(
                    "no_default",
                    node,
                    "{x}: ohne Standardfluss bleibt der Vorgang stehen, wenn keine Bedingung zutrifft.",
                    "{x}: without a default flow the instance stops if no condition holds.",
                )
        if not outgoing:
            context.warn("gateway_end", node, "{x}: vom Gateway geht kein Fluss aus.", "{x}: no flow leaves the gateway.")

    def check_event_gateway(self, node: etree._Element, outgoing: list[etree._Element]) -> None:
        """Only events follow, and each belongs to this gateway alone."""
        context = self.context
        if node.get("instantiate") == "true":
            context.error(
                "instantiate",
                node,
                "{x}: Gateways starten keine Vorgänge; bitte Startereignisse verwenden.",
                "{x}: gateways do not start instances; please use start events.",
            )
        elif node.get("eventGatewayType") == "Parallel":
            context.error(
                "event_gateway_parallel",
                node,
                "{x}: ein ereignisbasiertes Gateway wartet auf ein Ereignis; die Art „Parallel“ gibt es nur beim Start eines Vorgangs.",
                '{x}: an event-based gateway waits for one event; type "Parallel" is for starting instances only.',
            )
        if len(outgoing) < 2:
            context.error(
                "event_gateway",
                node,
                "{x}: ein ereignisbasiertes Gateway braucht mindestens zwei Ereignisse.",
                "{x}: an event-based gateway needs at least two events.",
            )
        for flow in outgoing:
            target = self.nodes.get(flow.get("targetRef") or "")
            if target is None:
                continue
            if local(target) not in ("intermediateCatchEvent", "receiveTask") or len(self.incoming.get(target.get("id") or "", [])) > 1:
                context.error(
                    "event_gateway",
                    target,
                    f"{{x}}: nach „{label(node)}“ darf nur ein fangendes Ereignis folgen, das allein von dort erreicht wird.",
                    f'{{x}}: only a catching event reached from nowhere else may follow "{label(node)}".',
                )
