"""Builds the specs of one process or sub-process in two passes: nodes, then flows. Never recurses along flows.

Several steps become small graphs::

    activity with boundary events   Split 'X.events' -> X, boundary specs        (enter = Split, leave = X)
    multi-instance, standard loop   body 'X' drives 'X [child]'
    inclusive gateway n:m           InclusiveJoin 'X' -> Choice 'X.flows'        conditional flows at a task: X -> Choice 'X.flows'
    event sub-process               Start -> SubStart(<start event>) -> EventSub -> end
    event-based gateway             EventGateway -> Catch ...                    exclusive merge: Pass
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dialect import activities, gateways
from engine.dialect.events import read_event
from engine.dialect.extensions import read_extensions, read_loop, text_of
from engine.dialect.lanes import group_of, read_lanes
from engine.dialect.names import ACTIVITIES, BPMN, NODES, RENAMED, definition_of, local
from engine.instance import ProcessSpec
from engine.specs import (
    Boundary,
    Catch,
    Choice,
    Element,
    ElementFacts,
    EndEvent,
    Event,
    EventSub,
    InclusiveJoin,
    JobTask,
    MultiInstance,
    ParallelJoin,
    Pass,
    Split,
    StandardLoop,
    SubProcess,
    SubStart,
    Throw,
)
from engine.xml import line_of

if TYPE_CHECKING:
    from lxml import etree

    from engine.dialect.builder import Build


class Scope:
    """One process or sub-process while it is built.

    Attributes:
        enter: element id -> the spec a token enters.
        leave: element id -> the spec from which the outgoing flows start.
    """

    def __init__(self, build: Build, node: etree._Element, key: str, lane: etree._Element | None = None) -> None:
        self.build, self.node, self.key, self.lane = build, node, key, lane
        self.lanes = read_lanes(node)
        self.spec = build.specs[key] = ProcessSpec(key)
        self.nodes = [c for c in node if local(c) in NODES]
        self.outgoing: dict[str, list[etree._Element]] = {}
        self.incoming: dict[str, int] = {}
        self.attached: dict[str, list[str]] = {}
        self.catches: dict[str, Element] = {}  # link name -> catching spec
        self.throws: list[tuple[str, Element]] = []  # link name, throwing spec
        for flow in node.findall(BPMN + "sequenceFlow"):
            source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
            self.outgoing.setdefault(source, []).append(flow)
            self.incoming[target] = self.incoming.get(target, 0) + 1
        for c in self.nodes:
            if local(c) == "boundaryEvent":
                self.attached.setdefault(c.get("attachedToRef", ""), []).append(c.get("id", ""))
        self.enter, self.leave = self.spec.entries, dict[str, Element]()
        for c in self.nodes:
            self.add_node(c)
        self.connect_all()

    # -- pass 1: nodes ---------------------------------------------------------------------------------------------------------
    def facts(self, node: etree._Element) -> ElementFacts:
        """What the model says about the node; remembered for the whole definition."""
        lane = self.lanes.get(node.get("id", ""), self.lane)
        has_event = definition_of(node) is not None or local(node) in ("receiveTask", "sendTask")
        facts = ElementFacts(
            id=node.get("id", ""),
            type=local(node),
            name=(node.get("name") or "").strip(),
            lane=None if lane is None else lane.get("id"),
            lane_group=None if lane is None else group_of(lane),
            line=line_of(node),
            ext=read_extensions(node),
            event=read_event(node, self.build.named) if has_event else Event(kind="none"),
            loop=read_loop(node) if local(node) in ACTIVITIES else None,
        )
        self.build.elements[facts.id] = facts
        return facts

    def add_node(self, node: etree._Element) -> None:
        """The spec or small graph of one node."""
        facts = self.facts(node)
        name = RENAMED.get(facts.id, facts.id)
        if facts.type == "subProcess" and node.get("triggeredByEvent") == "true":
            self.add_event_subprocess(node, name, facts)
            return
        if facts.type.endswith("Gateway"):
            self.enter[facts.id], self.leave[facts.id] = gateways.build(
                self.spec, name, facts, merges=self.incoming.get(facts.id, 0) > 1, splits=len(self.outgoing.get(facts.id, ())) > 1
            )
            return
        spec = self.make(node, name if facts.loop is None else name + " [child]", facts)
        if facts.loop is not None:
            body = (StandardLoop if facts.loop.items is None else MultiInstance)(self.spec, name, facts, loop=facts.loop)
            body.child, body.logged = spec.name, False
            spec.completed_event.connect(body.child_completed)
            spec = body
        self.enter[facts.id] = self.leave[facts.id] = spec
        if facts.id in self.attached:
            split = Split(self.spec, name + ".events", facts, main=spec.name)
            split.connect(spec)
            spec.completed_event.connect(split.main_completed)
            self.enter[facts.id] = split
        if facts.event.kind == "link":
            if isinstance(spec, Catch):
                self.catches[facts.event.name or ""] = spec
            else:
                self.throws.append((facts.event.name or "", spec))

    def make(self, node: etree._Element, name: str, facts: ElementFacts) -> Element:
        """The spec that does the work of an activity or event."""
        tag = facts.type
        if tag == "subProcess":
            key = f"{self.key}/{facts.id}"
            Scope(self.build, node, key, self.lanes.get(facts.id, self.lane))
            return SubProcess(self.spec, name, facts, key=key)
        if tag == "startEvent":
            start = Pass(self.spec, name, facts)
            if self.node.get("triggeredByEvent") == "true":
                start.output_mappings = ()  # applied by EventSub, with the payload
            self.spec.start.connect(start)
            self.spec.start.starts.append(name)
            return start
        if tag == "intermediateCatchEvent":
            return Catch(self.spec, name, facts)
        if tag == "boundaryEvent":
            return Boundary(self.spec, name, facts, interrupting=node.get("cancelActivity", "true") == "true")
        if tag in ("endEvent", "intermediateThrowEvent"):
            if facts.event.kind == "message" and facts.ext.job_type is not None:
                return JobTask(self.spec, name, facts)  # as in Camunda 8: a worker sends the message
            return (EndEvent if tag == "endEvent" else Throw)(self.spec, name, facts)
        return activities.build(self.spec, name, facts)

    def add_event_subprocess(self, node: etree._Element, name: str, facts: ElementFacts) -> None:
        """Listener next to the tokens of this scope, then the body."""
        start = next(c for c in node if local(c) == "startEvent")
        key = f"{self.key}/{facts.id}"
        Scope(self.build, node, key, self.lanes.get(facts.id, self.lane))
        begin = self.build.elements[start.get("id", "")]
        listener = SubStart(self.spec, begin.id, begin, interrupting=start.get("isInterrupting", "true") == "true")
        body = EventSub(self.spec, name, facts, key=key, start_outputs=begin.ext.outputs)
        self.spec.start.connect(listener)
        listener.connect(body)
        body.connect(self.spec.end)

    # -- pass 2: flows ---------------------------------------------------------------------------------------------------------
    def connect_all(self) -> None:
        """Boundary events to their activity, links, sequence flows, reachability of inclusive joins."""
        for host, events in self.attached.items():
            for event in events:
                self.enter[host].connect(self.enter[event])
        linked = set()
        for link, throw in self.throws:
            throw.connect(self.catches[link])
            linked.add(throw.name)
        for node in self.nodes:
            element = node.get("id", "")
            if element in self.leave:
                self.connect_flows(node, self.leave[element], self.outgoing.get(element, []), linked)
        for spec in self.spec.task_specs.values():
            if isinstance(spec, InclusiveJoin):
                spec.prepare()

    def connect_flows(self, node: etree._Element, spec: Element, flows: list[etree._Element], linked: set[str]) -> None:
        """The outgoing flows of one node; without any, a token ends here."""
        conditions = [text_of(f, "conditionExpression") for f in flows]
        if not isinstance(spec, Choice) and any(conditions):
            choice = Choice(
                self.spec, spec.name + ".flows", spec.facts, inclusive=node.get("id") is not None and local(node) != "exclusiveGateway"
            )
            choice.logged = False
            spec.connect(choice)
            spec = choice
        for flow, condition in zip(flows, conditions, strict=True):
            target = self.target(flow, spec.facts)
            if isinstance(spec, Choice):
                spec.add(target, condition, default=flow.get("id") is not None and flow.get("id") == node.get("default"))
            else:
                spec.connect(target)
        if not flows and spec.name not in linked:
            spec.connect(self.spec.end)

    def target(self, flow: etree._Element, source: ElementFacts) -> Element:
        """A join counts per flow, so several flows from one node into one join each get a name of their own."""
        target = self.enter[flow.get("targetRef", "")]
        same = [f for f in self.outgoing[flow.get("sourceRef", "")] if f.get("targetRef") == flow.get("targetRef")]
        if len(same) > 1 and isinstance(target, ParallelJoin | InclusiveJoin):
            between = Pass(self.spec, f"{flow.get('id')}.flow", source)
            between.without_mappings()
            between.logged = False
            between.connect(target)
            return between
        return target
