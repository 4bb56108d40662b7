"""Where a case stands in its processes: the diagram of an instance with its state, the same as a table, and what decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import false, func, not_, select

from engine.diagram.read import CONTAINERS
from engine.diagram.read import read as read_model
from engine.diagram.svg import ElementState, render
from engine.errors import InvalidDefinition
from services import policy
from services.db.models.grundlage import Benutzer
from services.policy import Action
from services.prozess import decisions, instances, tasks
from services.unit_of_work import UnitOfWork, read
from services.woerter import WOERTER, gruppenname, in_worten, lesbar, organisationsnamen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.instances import InstanceInfo, Place

SILENT = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
FUNDSTELLE = re.compile(r"\d{3}:L\d+(-\d+)?(, L?\d+(-\d+)?)*")  # a place in the source texts, which the author of a rule noted
Stand = Literal["active", "done", "incident", "waiting"]


@dataclass(frozen=True, kw_only=True)
class Schritt:
    """A row of the table. ``stand`` is that of the diagram, ``mal`` how often the step was entered, ``gerufen`` the address of
    the instance that it called last.
    """

    element_id: str
    name: str
    art: str
    stand: Stand
    mal: int
    seit: datetime | None
    bis: datetime | None
    task_key: int | None
    gerufen: str | None
    wer: str | None


@dataclass(frozen=True, kw_only=True)
class Weg:
    """One instance. ``svg`` is None for a model without a drawing; the table says the same."""

    instanz: InstanceInfo
    svg: str | None
    schritte: tuple[Schritt, ...]


def weg(app: App, actor: Actor, *, key: int, adresse: Callable[[int], str], aufruf: Callable[[int], str | None]) -> Weg:
    """Diagram and table of an instance; ``adresse`` gives the page of a task, ``aufruf`` the place of a called
    instance, or None if there is none to go to. Raises NotFound.
    """
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
        href = adresse(place.task_key) if place.task_key is not None else aufruf(place.called_key) if place.called_key is not None else None
        element = model.elements.get(place.element_id)
        if element is not None and element.kind in CONTAINERS and state == "active":
            continue  # the case stands at a step inside
        states[place.element_id] = ElementState(state=state, href=href, count=place.open if place.open > 1 else None)
        if element is not None and element.kind not in SILENT and (element.name or state != "done"):
            steps.append(Schritt(
                element_id=place.element_id, name=element.name or place.element_id, art=element.kind, stand=state, mal=place.entered,
                seit=place.since, bis=place.due if place.open else None, task_key=place.task_key,
                gerufen=href if place.task_key is None else None, wer=place.assignee or done_by.get(place.element_id)))
    try:
        svg = render(xml, states, title=f"{instance.name or instance.process_id}: wo der Fall steht")
    except InvalidDefinition:
        svg = None
    return Weg(instanz=instance, svg=svg, schritte=tuple(steps))


def oberhalb(instanzen: Sequence[InstanceInfo], von: InstanceInfo) -> tuple[InstanceInfo, ...]:
    """The instances that led to this one by calling, the topmost first."""
    by_key = {i.key: i for i in instanzen}
    way: list[InstanceInfo] = []
    above = von
    while above.parent_key is not None and above.parent_key in by_key:
        above = by_key[above.parent_key]
        way.append(above)
    return tuple(reversed(way))


def geordnet(instanzen: Sequence[InstanceInfo]) -> tuple[tuple[InstanceInfo, int], ...]:
    """Each instance below the one that called it, with its depth (0: nobody called it)."""
    known = {i.key for i in instanzen}
    called: dict[int | None, list[InstanceInfo]] = {}
    for i in instanzen:
        called.setdefault(i.parent_key if i.parent_key in known else None, []).append(i)

    def below(key: int | None, depth: int) -> Iterator[tuple[InstanceInfo, int]]:
        for i in called.get(key, ()):
            yield i, depth
            yield from below(i.key, depth + 1)
    return tuple(below(None, 0))


def stand(place: Place, *, running: bool) -> Stand:
    """The one word for a place: trouble before presence before past."""
    if place.incident:
        return "incident"
    return "active" if place.open and running else "done"


@dataclass(frozen=True, kw_only=True)
class Grund:
    """A rule that applied, in words: its number, what it looked at (label and value), and what its author noted."""

    regel: int
    anmerkungen: tuple[str, ...]
    eingaben: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Entscheidung:
    """A decision of an instance, in words. ``ergebnis``: label and value; the label is empty where there is only one result."""

    name: str
    version: int
    am: datetime
    ergebnis: tuple[tuple[str, str], ...]
    gruende: tuple[Grund, ...]


def entscheidungen(app: App, actor: Actor, *, key: int) -> tuple[Entscheidung, ...]:
    """What the rules decided in an instance, in the order it was decided. Raises NotFound."""
    namen = read(app, actor, organisationsnamen)
    stellen = {name: (key,) if isinstance(key, str) else tuple(key) for name, key in app.profil_of(actor.mandant).funktion.items()}
    namen |= {name: f"{WOERTER.get(name) or lesbar(name)} ({' oder '.join(namen.get(k) or lesbar(k) for k in keys)})" for name, keys in stellen.items()}

    def words(given: decisions.Getroffen) -> Entscheidung:
        pairs = list(given.ergebnis.items()) if isinstance(given.ergebnis, dict) else [("", given.ergebnis)]
        return Entscheidung(
            name=given.name, version=given.version, am=given.am,
            ergebnis=tuple((given.spalten.get(name, name), in_worten(value, namen)) for name, value in pairs if value is not None),
            gruende=tuple(Grund(regel=g.regel, anmerkungen=tuple(f"Fundstelle {a}" if FUNDSTELLE.fullmatch(a) else a for a in g.anmerkungen),
                                eingaben=tuple((label, in_worten(value, namen)) for label, value in g.eingaben if value is not None)) for g in given.gruende))
    return tuple(words(given) for given in decisions.getroffen(app, actor, instance_key=key))


@dataclass(frozen=True, kw_only=True)
class Wartend:
    """An open task of a case that others have to do. ``bei``: person, function or organisation."""

    name: str
    bei: str
    due: datetime | None


def wartet_bei_anderen(app: App, actor: Actor, *, aktenzeichen: str) -> tuple[Wartend, ...]:
    """What a case waits for that the actor does not find in any list of his own. Only for those who work in the case. Raises NotFound."""
    def work(uow: UnitOfWork) -> tuple[Wartend, ...]:
        policy.require_fall(uow.session, actor, Action.FALL_WRITE, aktenzeichen, uow.app.clock.today())
        c = tasks.TABLE.c
        rows = uow.session.execute(
            select(c.name, c.element_id, c.due, c.assignee, c.candidate_groups, Benutzer.name.label("wer")).outerjoin_from(
                tasks.TABLE, Benutzer.__table__, (Benutzer.mandant == c.mandant) & (Benutzer.login == c.assignee))
            .where(c.mandant == actor.mandant, c.business_id == aktenzeichen, c.status == "CREATED", not_(func.coalesce(policy.visible_tasks(actor), false())))
            .order_by(c.due.asc().nulls_last(), c.key)).all()
        namen = organisationsnamen(uow) if rows else {}
        return tuple(Wartend(name=row.name or row.element_id, bei=row.wer or row.assignee or gruppenname(row.candidate_groups, namen), due=row.due)
                     for row in rows)
    return read(app, actor, work)
