"""One spec class per element family; ``base`` holds the life cycle they share."""

from engine.specs.activities import Choice, DecisionTask, JobTask, ScriptTask
from engine.specs.base import Element, Pass, Start
from engine.specs.containers import CallActivity, EventSub, SubProcess
from engine.specs.events import Boundary, Catch, Split, SubStart
from engine.specs.facts import ElementFacts, Event, Extensions, Loop
from engine.specs.gateways import EndJoin, EventGateway, InclusiveJoin, ParallelJoin
from engine.specs.loops import Body, MultiInstance, StandardLoop
from engine.specs.people import UserTask
from engine.specs.throwing import EndEvent, Throw

__all__ = [
    "Body",
    "Boundary",
    "CallActivity",
    "Catch",
    "Choice",
    "DecisionTask",
    "Element",
    "ElementFacts",
    "EndEvent",
    "EndJoin",
    "Event",
    "EventGateway",
    "EventSub",
    "Extensions",
    "InclusiveJoin",
    "JobTask",
    "Loop",
    "MultiInstance",
    "ParallelJoin",
    "Pass",
    "ScriptTask",
    "Split",
    "StandardLoop",
    "Start",
    "SubProcess",
    "SubStart",
    "Throw",
    "UserTask",
]
