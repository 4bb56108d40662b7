"""Variables as the interface shows them: each with its scope, also the local ones of open elements.

They live in the state of the engine, so a search reads the instances it may mean (at most :data:`MAX_INSTANCES`); filters and order are
applied here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from engine import runtime
from services.db.models.prozess import ProcessInstance
from services.errors import InvalidInput, NotFound, StateUnreadable
from services.prozess import rechte, tasks
from services.prozess.command import Command
from services.prozess.quellen import PROCESS_INSTANCES
from services.prozess.schluessel import element_key, instance_of_variable, tasks_between, variable_keys
from services.prozess.store import COLUMNS
from services.prozess.suche import MAX_LIMIT, bool_value, conditions, listed, one_of, page_of, shown, text_value
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.bootstrap import App
    from services.context import Actor


MAX_INSTANCES = 500  # whose state one search reads: some 0.3 ms each


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of a scope; ``value`` is JSON text. The scope of a process is the key of its instance."""

    key: int
    scope: int
    instance: int
    root: int
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an element instance is."""

    instance: int
    task_id: str


def of_instance(app: App, actor: Actor, *, key: int) -> list[Variable]:
    """All variables of an instance with their scopes; of an ended one, those of the process. Raises NotFound, NotPermitted."""
    return read(app, actor, lambda uow: all_of(uow, key))


def all_of(uow: UnitOfWork, key: int, *, checked: bool = False) -> list[Variable]:
    """The same in the transaction of the caller; ``checked``: the right to see them was asked already."""
    row = uow.session.execute(text(f"select {COLUMNS}, variables from process_instance where key = :k"), {"k": key}).one_or_none()  # noqa: S608  our own words
    if row is None:
        raise NotFound(f"Den Vorgang {key} gibt es nicht.")
    if not checked:
        rechte.require_instance(uow, row.business_id)
    scopes: list[tuple[int, Mapping[str, Any]]]
    if row.state is None:
        scopes = [(key, row.variables or {})]
    else:
        command = Command(uow)
        command.open_family(row.business_id)
        scopes = [(key if scope.task is None else element_key(scope.task), scope.variables) for scope in runtime.scopes_of(command.store.get(str(key)))]
    keys = variable_keys(key, [(scope, name) for scope, values in scopes for name in values])
    return [Variable(key=keys[scope, name], scope=scope, instance=key, root=row.root_key, name=name, value=json.dumps(value, ensure_ascii=False))
            for scope, values in scopes for name, value in values.items()]


def of_instances(app: App, actor: Actor, *, keys: object = None) -> list[Variable]:
    """Variables of all instances that the actor may see, or of those whose key fits the filter ``keys``.

    Raises InvalidInput if that are more than :data:`MAX_INSTANCES`.
    """
    i = ProcessInstance
    wanted = select(i.key).where(rechte.visible_instances(actor, app.clock.today()),
                                 *(conditions(PROCESS_INSTANCES, {"processInstanceKey": keys}) if keys is not None else ()))

    def work(uow: UnitOfWork) -> list[Variable]:
        found = uow.session.execute(wanted.order_by(i.key).limit(MAX_INSTANCES + 1)).scalars().all()
        if len(found) > MAX_INSTANCES:
            raise InvalidInput(f"Gemeint sind mehr als {MAX_INSTANCES} Vorgänge. Bitte nennen Sie im Filter die Vorgänge (processInstanceKey, auch mit $in) "
                               "oder einen Bereich (scopeKey).")
        return [variable for key in found for variable in readable(uow, key)]
    return read(app, actor, work)


def readable(uow: UnitOfWork, key: int) -> list[Variable]:
    """The variables of an instance; none if its state is damaged, which is in the log then: the others can be shown."""
    try:
        return all_of(uow, key, checked=True)
    except StateUnreadable:
        return []


def of_task(app: App, actor: Actor, *, key: int) -> list[Variable]:
    """What an open user task sees, nearest scope first; nothing once it is closed. Raises NotFound."""
    def work(uow: UnitOfWork) -> list[Variable]:
        task = tasks.load(uow.session, actor, key)
        seen = {name: json.dumps(value, ensure_ascii=False) for name, value in tasks.visible_variables(uow, task).items()}
        own = element_key(task.task_id)
        # Inner scopes come last; of two scopes with the same name and value it makes no difference which one is named.
        nearest = sorted(all_of(uow, task.instance_key, checked=True), key=lambda v: (v.scope != own, v.scope == v.instance))
        found: dict[str, Variable] = {}
        for variable in nearest:
            if seen.get(variable.name) == variable.value:
                found.setdefault(variable.name, variable)
        return list(found.values())
    return read(app, actor, work)


def get(app: App, actor: Actor, *, key: int) -> Variable:
    """One variable. Raises NotFound."""
    missing = NotFound(f"Die Variable {key} gibt es nicht.")
    try:
        found = of_instance(app, actor, key=instance_of_variable(key))
    except NotFound:
        raise missing from None
    variable = next((v for v in found if v.key == key), None)
    if variable is None:
        raise missing
    return variable


def place_of(app: App, actor: Actor, *, key: int) -> Place:
    """The element instance with this key. Raises NotFound."""
    def work(uow: UnitOfWork) -> Place:
        first, last = tasks_between(key)
        row = uow.session.execute(text(
            "select l.instance_key, l.task_id, i.business_id from element_log l join process_instance i on i.key = l.instance_key "
            "where l.task_id between :a and :b limit 1"), {"a": first, "b": last}).one_or_none()
        if row is None:
            raise NotFound(f"Das Element {key} gibt es nicht.")
        rechte.require_instance(uow, row.business_id)
        return Place(instance=row.instance_key, task_id=row.task_id)
    return read(app, actor, work)


# -- filters, order, pages -------------------------------------------------------------------------------------------------
FIELDS: dict[str, Callable[[Variable], str]] = {
    "name": lambda v: v.name, "value": lambda v: v.value, "scopeKey": lambda v: str(v.scope), "processInstanceKey": lambda v: str(v.instance),
    "variableKey": lambda v: str(v.key), "tenantId": lambda _: "<default>"}


def matches(value: str, wanted: object) -> bool:
    """Whether a text fits an exact filter or an object of operators."""
    if not isinstance(wanted, dict):
        return value == text_value(wanted)
    for operator, given in wanted.items():
        if operator == "$exists":
            fits = bool_value(given)
        elif operator in {"$in", "$notIn"}:
            fits = (value in [text_value(v) for v in listed("variables", given)]) == (operator == "$in")
        elif operator in {"$eq", "$neq"}:
            fits = (value == text_value(given)) == (operator == "$eq")
        elif operator == "$like":
            fits = like(value, text_value(given))
        else:
            raise InvalidInput(f"Dieser Filter kennt {shown(operator)} nicht.", errors={"filter": "unbekannter Operator"})
        if not fits:
            return False
    return True


def tokens(wanted: str) -> list[tuple[str, bool]]:
    """Characters of a pattern; True marks a wildcard (``*``, ``?``), which a backslash turns into a character."""
    found, escaped = [], False
    for char in wanted:
        if char == "\\" and not escaped:
            escaped = True
            continue
        found.append((char, char in "*?" and not escaped))
        escaped = False
    return found


def like(value: str, wanted: str) -> bool:
    """Camunda's wildcards. Goes back to the last star only, so the time is at most the product of both lengths."""
    pattern, at, place, star, tried = tokens(wanted), 0, 0, -1, 0
    while place < len(value):
        if at < len(pattern) and pattern[at] == ("*", True):
            star, tried, at = at, place, at + 1
        elif at < len(pattern) and (pattern[at] == ("?", True) or pattern[at] == (value[place], False)):
            at, place = at + 1, place + 1
        elif star >= 0:
            tried += 1
            at, place = star + 1, tried
        else:
            return False
    return all(token == ("*", True) for token in pattern[at:])


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of variables."""

    items: Sequence[Variable]
    total: int


def chosen(variables: Sequence[Variable], *, filters: Mapping[str, Any], sort: Sequence[Mapping[str, Any]], page: Mapping[str, Any]) -> Found:
    """Filter, sort and cut. Pages are numbered by ``from`` and ``limit``. Raises InvalidInput."""
    limit, offset, after, before = page_of(page)
    if after is not None or before is not None:
        raise InvalidInput("Variablen werden mit from und limit geblättert.", errors={"page": "ungültig"})
    found = list(variables)
    for name, wanted in filters.items():
        if wanted is None:
            continue
        if name == "isTruncated":
            found = [] if bool_value(wanted) else found  # values are always given in full
        elif name in FIELDS:
            found = [v for v in found if matches(FIELDS[name](v), wanted)]
            matches("", wanted)  # a filter is checked also where there is nothing to compare
        else:
            raise InvalidInput(f"Nach „{name[:80]}“ lässt sich hier nicht filtern.", errors={f"filter.{name}": "unbekannt"})
    found.sort(key=lambda v: (v.name, v.scope))
    for entry in reversed(list(sort)[:MAX_LIMIT]):
        field = text_value(entry.get("field"))
        if field not in FIELDS:
            raise InvalidInput(f"Nach „{field[:80]}“ lässt sich hier nicht sortieren.", errors={"sort": "unbekannt"})
        found.sort(key=FIELDS[field], reverse=one_of("ASC", "DESC")(entry.get("order") or "ASC") == "DESC")
    return Found(items=found[offset:offset + limit], total=len(found))
