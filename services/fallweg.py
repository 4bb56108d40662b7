"""Where a case stands in its processes: the diagram of an instance with its state, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.diagram.read import CONTAINERS
from engine.diagram.read import read as read_model
from engine.diagram.svg import ElementState, render
from engine.errors import InvalidDefinition
from services.prozess import instances, tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.instances import InstanceInfo, Place

SILENT = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
Stand = Literal["active", "done", "incident", "waiting"]


@dataclass(frozen=True, kw_only=True)
class Schritt:
    """A row of the table. ``stand`` is that of the diagram, ``mal`` how often the step was entered."""

    element_id: str
    name: str
    art: str
    stand: Stand
    mal: int
    seit: datetime | None
    bis: datetime | None
    task_key: int | None
    wer: str | None


@dataclass(frozen=True, kw_only=True)
class Weg:
    """One instance. ``svg`` is None for a model without a drawing; the table says the same."""

    instanz: InstanceInfo
    svg: str | None
    schritte: tuple[Schritt, ...]


def weg(app: App, actor: Actor, *, key: int, adresse: Callable[[int], str]) -> Weg:
    """Diagram and table of an instance; ``adresse`` gives the page of a task. Raises NotFound."""
    instance = instances.get(app, actor, key=key)
    xml = instances.definition_xml(app, actor, definition_key=instance.definition_key)
    places = instances.places(app, actor, key=key)
    model = read_model(xml)
    done_by = {task.element_id: task.completed_by for task in tasks.of_case(app, actor, business_id=instance.business_id, open_only=False)
               if task.instance_key == key} if instance.business_id else {}
    states: dict[str, ElementState] = {}
    steps = []
    for place in places:
        state = stand(place, running=instance.status in {"ACTIVE", "SUSPENDED"})
        href = adresse(place.task_key) if place.task_key is not None else None
        element = model.elements.get(place.element_id)
        if element is not None and element.kind in CONTAINERS and state == "active":
            continue  # the case stands at a step inside
        states[place.element_id] = ElementState(state=state, href=href, count=place.open if place.open > 1 else None)
        if element is not None and element.kind not in SILENT and (element.name or state != "done"):
            steps.append(Schritt(
                element_id=place.element_id, name=element.name or place.element_id, art=element.kind, stand=state, mal=place.entered,
                seit=place.since, bis=place.due if place.open else None, task_key=place.task_key, wer=place.assignee or done_by.get(place.element_id)))
    try:
        svg = render(xml, states, title=f"{instance.name or instance.process_id}: wo der Fall steht")
    except InvalidDefinition:
        svg = None
    return Weg(instanz=instance, svg=svg, schritte=tuple(steps))


def stand(place: Place, *, running: bool) -> Stand:
    """The one word for a place: trouble before presence before past."""
    if place.incident:
        return "incident"
    return "active" if place.open and running else "done"
