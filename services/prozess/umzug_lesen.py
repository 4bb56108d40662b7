"""What the pages of moving show: which versions run, where their cases stand, and which element becomes which."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.checks.words import word
from engine.diagram.svg import ElementState, render
from engine.errors import InvalidDefinition
from services.errors import InvalidInput, NotFound
from services.prozess import rechte
from services.prozess.definitions import find_process
from services.prozess.rechte import Recht
from services.prozess.umzug import target_of
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from engine.catalogue import Definition
    from services.bootstrap import App
    from services.context import Actor
    from services.prozess.definitions import DefinitionInfo

# A token never rests there for long, so nobody has to say what becomes of it.
NEVER_HELD = frozenset({"startEvent", "endEvent", "exclusiveGateway", "intermediateThrowEvent"})
MOST_ROWS = 50  # instances on one page
MISFIT = re.compile(r"„(?P<old>[^“]+)“ \(\w+\) kann nicht zu „(?P<new>[^“]+)“ \(\w+\) werden\.")
NO_TARGET = re.compile(r"Für (?P<what>„|den Teilprozess „)(?P<old>[^“]+)“ gibt es in der neuen Fassung kein Ziel\.")


# -- models that run ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Fassung:
    """A version of a model. ``laufend``: instances that run or rest in it; ``gestoert``: those of them with an open incident."""

    key: int
    version: int
    eingespielt: datetime
    laufend: int
    ruhend: int
    gestoert: int


@dataclass(frozen=True, kw_only=True)
class Modell:
    """A model with its versions, the newest first."""

    prozess: str
    name: str
    fassungen: tuple[Fassung, ...]

    @property
    def neueste(self) -> Fassung:
        return self.fassungen[0]

    @property
    def laufend(self) -> int:
        return sum(f.laufend for f in self.fassungen)

    @property
    def in_alten(self) -> int:
        """Instances that run in a version that is not the newest."""
        return self.laufend - self.neueste.laufend

    def fassung(self, key: int | None) -> Fassung | None:
        return next((f for f in self.fassungen if f.key == key), None)


def modelle(app: App, actor: Actor, *, prozess: str | None = None) -> tuple[Modell, ...]:
    """Models with all versions: first those with instances in old versions, then by name. Raises NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[Modell, ...]:
        rechte.require(actor, Recht.OPERATE)
        rows = uow.session.execute(text("""
            with here as (select key, definition_key, status from process_instance where status in ('ACTIVE', 'SUSPENDED')),
                 counted as (select definition_key, count(*) as laufend, count(*) filter (where status = 'SUSPENDED') as ruhend,
                                    count(*) filter (where exists (select from incident n where n.instance_key = here.key and n.status = 'ACTIVE')) as gestoert
                             from here group by definition_key)
            select d.process_id, d.name, d.key, d.version, p.erstellt as eingespielt, coalesce(c.laufend, 0) as laufend, coalesce(c.ruhend, 0) as ruhend,
                   coalesce(c.gestoert, 0) as gestoert
            from process_definition d join deployment p on p.key = d.deployment_key left join counted c on c.definition_key = d.key
            where cast(:p as text) is null or d.process_id = :p order by d.process_id, d.version desc"""), {"p": prozess}).all()
        grouped: dict[str, list[Fassung]] = {}
        names: dict[str, str] = {}
        for row in rows:
            names.setdefault(row.process_id, row.name or row.process_id)
            grouped.setdefault(row.process_id, []).append(Fassung(key=row.key, version=row.version, eingespielt=row.eingespielt, laufend=row.laufend,
                                                                  ruhend=row.ruhend, gestoert=row.gestoert))
        found = [Modell(prozess=process, name=names[process], fassungen=tuple(versions)) for process, versions in grouped.items()]
        return tuple(sorted(found, key=lambda m: (not m.in_alten, m.name.casefold(), m.prozess)))
    return read(app, actor, work)


def modell(app: App, actor: Actor, *, prozess: str) -> Modell:
    """One model. Raises NotFound, NotPermitted."""
    found = modelle(app, actor, prozess=prozess)
    if not found:
        raise NotFound(f"Das Modell „{prozess[:80]}“ gibt es hier nicht.")
    return found[0]


# -- instances of a version --------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Lauf:
    """A running instance and the names of the elements at which it stands."""

    key: int
    business_id: str | None
    status: str
    version: int
    begonnen: datetime
    oberster: bool
    gestoert: bool
    steht: tuple[str, ...]


STANDS = """
    select task_id, instance_key, (array_agg(element_id order by id desc))[1] as element_id from element_log
    where instance_key = any(:k) group by instance_key, task_id having not bool_or(what in ('completed', 'terminated'))
"""


def laeufe(app: App, actor: Actor, *, definition_key: int, nach: int = 0) -> tuple[tuple[Lauf, ...], bool]:
    """Running instances of a version in the order of their keys, and whether there are more. Raises NotFound, NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[tuple[Lauf, ...], bool]:
        rechte.require(actor, Recht.OPERATE)
        facts = uow.app.library.process(uow.session, definition_key).elements
        rows = uow.session.execute(text("""
            select i.key, i.business_id, i.status, i.version, i.started as begonnen, i.parent_key is null as oberster,
                   exists (select from incident n where n.instance_key = i.key and n.status = 'ACTIVE') as gestoert
            from process_instance i where i.definition_key = :d and i.status in ('ACTIVE', 'SUSPENDED') and i.key > :a order by i.key limit :n"""),
            {"d": definition_key, "a": nach, "n": MOST_ROWS + 1}).all()
        here: dict[int, list[str]] = {}
        for row in uow.session.execute(text(STANDS), {"k": [r.key for r in rows]}):
            element = facts.get(row.element_id)
            if element is not None and element.type != "subProcess":
                here.setdefault(row.instance_key, []).append(element.name or element.id)
        return tuple(Lauf(**r._mapping, steht=tuple(sorted(set(here.get(r.key, ()))))) for r in rows[:MOST_ROWS]), len(rows) > MOST_ROWS
    return read(app, actor, work)


def staende(app: App, actor: Actor, *, definition_key: int) -> dict[str, int]:
    """How many tokens stand at each element of a version. Raises NotPermitted."""
    def work(uow: UnitOfWork) -> dict[str, int]:
        rechte.require(actor, Recht.OPERATE)
        rows = uow.session.execute(text("""
            select element_id, count(*) as n from (
                select (array_agg(o.element_id order by o.id desc))[1] as element_id from element_log o join process_instance i on i.key = o.instance_key
                where i.definition_key = :d and i.status in ('ACTIVE', 'SUSPENDED')
                group by o.instance_key, o.task_id having not bool_or(o.what in ('completed', 'terminated'))) x
            group by element_id"""), {"d": definition_key})
        return {row.element_id: row.n for row in rows}
    return read(app, actor, work)


def bild(app: App, actor: Actor, *, definition_key: int, zahlen: Mapping[str, int], titel: str, prefix: str) -> str | None:
    """The diagram of a version with the number of tokens at each element; None for a model without a drawing."""
    def work(uow: UnitOfWork) -> tuple[bytes, frozenset[str]]:
        rechte.require(actor, Recht.OPERATE)
        facts = uow.app.library.process(uow.session, definition_key).elements.values()
        xml = uow.session.execute(text("select xml from process_definition where key = :k"), {"k": definition_key}).scalar_one()
        return bytes(xml), frozenset(f.id for f in facts if f.type == "subProcess")
    xml, around = read(app, actor, work)  # a token inside a sub-process stands at a step, not at everything around it
    states = {element: ElementState(state="active", count=number) for element, number in zahlen.items() if number and element not in around}
    try:
        return render(xml, states, title=titel, prefix=prefix)
    except InvalidDefinition:
        return None


# -- which element becomes which ---------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Ziel:
    """An element of the new version that could be chosen."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Zeile:
    """An element of the old version. ``vorschlag``: id in the new one, None if nothing fits; ``grund``: ``gleich``, ``name`` or ``offen``.

    ``noetig``: tokens stand here and nothing is proposed, so somebody has to choose before these cases can move.
    """

    id: str
    name: str
    art: str
    stehen: int
    vorschlag: str | None
    grund: str
    neuer_name: str | None
    ziele: tuple[Ziel, ...]

    @property
    def noetig(self) -> bool:
        return self.stehen > 0 and self.vorschlag is None


@dataclass(frozen=True, kw_only=True)
class Gegenueber:
    """Both versions side by side. ``zeilen``: where a token can rest; ``neu``: elements that only the new version has."""

    alt: DefinitionInfo
    neu: DefinitionInfo
    zeilen: tuple[Zeile, ...]
    dazu: tuple[Ziel, ...]

    def ziele(self) -> frozenset[str]:
        return frozenset(z.id for zeile in self.zeilen for z in zeile.ziele)


def gegenueber(app: App, actor: Actor, *, source_key: int, target_key: int) -> Gegenueber:
    """Elements of both versions with a proposal: the same id, else the only one of the same kind and name.

    Raises NotFound, NotPermitted, Conflict as a move does.
    """
    stehen = staende(app, actor, definition_key=source_key)

    def work(uow: UnitOfWork) -> Gegenueber:
        source, target = find_process(uow.session, key=source_key), target_of(uow, source_key, target_key)
        old, new = uow.app.library.process(uow.session, source_key), uow.app.library.process(uow.session, target_key)
        zeilen = tuple(zeile(old, new, element, stehen.get(element, 0)) for element, facts in old.elements.items() if facts.type not in NEVER_HELD)
        dazu = tuple(Ziel(id=f.id, name=f.name or f.id) for f in new.elements.values() if f.id not in old.elements and f.type not in NEVER_HELD)
        return Gegenueber(alt=source, neu=target, zeilen=zeilen, dazu=dazu)
    return read(app, actor, work)


def zeile(old: Definition, new: Definition, element: str, stehen: int) -> Zeile:
    """One element of the old version with its proposal."""
    facts = old.elements[element]
    fitting = [f for f in new.elements.values() if f.type == facts.type]
    same = next((f for f in fitting if f.id == element), None)
    named = [f for f in fitting if facts.name and f.name == facts.name and f.id not in old.elements]
    proposal = same or (named[0] if len(named) == 1 else None)
    grund = "gleich" if same else "name" if proposal else "offen"
    return Zeile(id=element, name=facts.name or element, art=word(facts.type), stehen=stehen, vorschlag=proposal.id if proposal else None, grund=grund,
                 neuer_name=(proposal.name or proposal.id) if proposal else None,
                 ziele=distinct([Ziel(id=f.id, name=f.name or f.id) for f in fitting]))


def distinct(found: Sequence[Ziel]) -> tuple[Ziel, ...]:
    """In the order of their names; where two have the same name, the id tells them apart."""
    often = Counter(z.name for z in found)
    return tuple(sorted((Ziel(id=z.id, name=f"{z.name} ({z.id})") if often[z.name] > 1 else z for z in found), key=lambda z: z.name.casefold()))


def zuordnung(app: App, actor: Actor, *, source_key: int, target_key: int, gewaehlt: Mapping[str, str]) -> dict[str, str]:
    """The mapping that a move needs, from what somebody chose per element of the old version (empty: nothing).

    Raises InvalidInput with a sentence for each choice that does not fit the kind of its element; NotFound, Conflict.
    """
    gegen = gegenueber(app, actor, source_key=source_key, target_key=target_key)
    known = {zeile.id: zeile for zeile in gegen.zeilen}
    errors: dict[str, str] = {}
    mapping: dict[str, str] = {}
    for element, target in gewaehlt.items():
        row = known.get(element)
        if row is None:
            errors[f"ziel-{element}"] = "Diesen Schritt gibt es in der bisherigen Fassung nicht."
        elif not target:
            continue
        elif target not in {z.id for z in row.ziele}:
            errors[f"ziel-{element}"] = f"„{row.name}“ kann nur zu einem Schritt derselben Art werden ({row.art})."
        elif target != element:
            mapping[element] = target
    if errors:
        raise InvalidInput(errors=errors)
    return mapping


@dataclass(frozen=True, kw_only=True)
class Schritt:
    """An element of a model. ``type`` is its BPMN tag."""

    id: str
    name: str
    type: str


def elemente(app: App, actor: Actor, *, definition_key: int) -> tuple[Schritt, ...]:
    """Elements of a version, in the order of its file. Raises NotFound, NotPermitted."""
    def work(uow: UnitOfWork) -> tuple[Schritt, ...]:
        rechte.require(actor, Recht.OPERATE)
        facts = uow.app.library.process(uow.session, definition_key).elements.values()
        return tuple(Schritt(id=f.id, name=f.name or f.id, type=f.type) for f in facts)
    return read(app, actor, work)


# -- what a refusal says -----------------------------------------------------------------------------------------------
def namen(app: App, actor: Actor, *, definition_key: int) -> dict[str, str]:
    """Names of the elements of a version, by id."""
    return {step.id: step.name for step in elemente(app, actor, definition_key=definition_key)}


def satz(problem: str, alt: Mapping[str, str], neu: Mapping[str, str]) -> str:
    """A refusal of the engine with the names that stand in the models instead of ids and classes."""
    def named(text_id: str, names: Mapping[str, str]) -> str:
        base = re.split(r"[. ]", text_id, maxsplit=1)[0]
        return names.get(text_id) or names.get(base) or text_id
    problem = MISFIT.sub(lambda m: f"„{named(m['old'], alt)}“ kann nicht zu „{named(m['new'], neu)}“ werden, weil es ein Schritt anderer Art ist.", problem)
    return NO_TARGET.sub(lambda m: f"Für {m['what']}{named(m['old'], alt)}“ ist in der neuen Fassung kein Schritt gewählt.", problem)
