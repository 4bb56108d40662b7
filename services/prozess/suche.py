"""Searching the engine's tables: filters, sorting and paging as the Camunda 8 REST API names them.

One :class:`Source` per kind of thing maps API fields to columns; everything else is shared.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, any_, exists, func, literal, not_, or_, select

from services import policy
from services.db.models.prozess import (
    DecisionDefinition,
    FormDefinition,
    Incident,
    Job,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
)
from services.errors import InvalidInput
from services.prozess import rechte
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from services.bootstrap import App
    from services.context import Actor

MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
TOTAL_CAP = 10_000
Convert = Callable[[Any], Any]


def text_value(value: object) -> str:
    """A string. Raises InvalidInput for anything else."""
    if not isinstance(value, str):
        raise InvalidInput(f"Erwartet wird ein Text, gefunden wurde {value!r}.")
    return value


def key_value(value: object) -> int:
    """A key: digits as text, as everywhere in the interface."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 19 or int(value) >= 2**63:
        raise InvalidInput(f"Erwartet wird ein Schlüssel (Ziffern als Text), gefunden wurde {value!r}.")
    return int(value)


def int_value(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -2**31 <= value < 2**31:
        raise InvalidInput(f"Erwartet wird eine ganze Zahl, gefunden wurde {value!r}.")
    return value


def bool_value(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"Erwartet wird true oder false, gefunden wurde {value!r}.")
    return value


def instant_value(value: object) -> datetime:
    """An ISO 8601 date and time with offset."""
    try:
        found = datetime.fromisoformat(text_value(value))
    except ValueError:
        raise InvalidInput(f"Erwartet wird ein Zeitpunkt wie 2026-11-24T09:00:00Z, gefunden wurde {value!r}.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A filterable (and, if ``sort``, sortable) field."""

    column: ColumnElement[Any]
    convert: Convert = text_value
    sort: bool = True
    array: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """A searchable kind of thing. ``visible`` is the policy's condition for the actor."""

    statement: Select[Any]
    fields: Mapping[str, Field]
    key: ColumnElement[Any]
    visible: Callable[[Actor], ColumnElement[bool]] | None = None
    special: Mapping[str, Callable[[Any], ColumnElement[bool]]] = field(default_factory=dict)
    default_sort: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page: rows, the total (exact up to ``TOTAL_CAP``), and cursors."""

    rows: Sequence[Any]
    total: int
    more_than_total: bool
    start_cursor: str | None
    end_cursor: str | None


def like(pattern: str) -> str:
    """Camunda's wildcards (``*``, ``?``, escaped by a backslash) as a LIKE pattern."""
    out, escaped = [], False
    for char in pattern:
        if escaped:
            out.append("\\" + char if char in "%_\\" else char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in "*?":
            out.append("%" if char == "*" else "_")
        else:
            out.append("\\" + char if char in "%_" else char)
    return "".join(out)


def condition(name: str, known: Field, wanted: object) -> ColumnElement[bool]:
    """One filter: an exact value, or an object of operators."""
    column = known.column
    if known.array:
        return literal(known.convert(wanted)) == any_(column) if not isinstance(wanted, Mapping) else array_condition(name, known, wanted)
    if not isinstance(wanted, Mapping):
        return column == known.convert(wanted)
    operators: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "$eq": lambda v: column == known.convert(v), "$neq": lambda v: column.is_distinct_from(known.convert(v)),
        "$exists": lambda v: column.is_not(None) if bool_value(v) else column.is_(None),
        "$in": lambda v: column.in_([known.convert(x) for x in listed(name, v)]),
        "$notIn": lambda v: not_(column.in_([known.convert(x) for x in listed(name, v)])),
        "$like": lambda v: column.like(like(text_value(v)), escape="\\"),
        "$gt": lambda v: column > known.convert(v), "$gte": lambda v: column >= known.convert(v),
        "$lt": lambda v: column < known.convert(v), "$lte": lambda v: column <= known.convert(v)}
    unknown = set(wanted) - set(operators)
    if unknown:
        raise InvalidInput(f"Der Filter „{name}“ kennt {', '.join(sorted(map(str, unknown)))} nicht.", errors={f"filter.{name}": "unbekannter Operator"})
    return and_(*(operators[op](value) for op, value in wanted.items())) if wanted else literal(value=True)


def array_condition(name: str, known: Field, wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    """Candidates: ``$eq`` and ``$in`` ask whether one of them is contained."""
    parts = []
    for operator, value in wanted.items():
        values = listed(name, value) if operator in {"$in", "$notIn"} else [value]
        if operator not in {"$eq", "$in", "$neq", "$notIn"}:
            raise InvalidInput(f"Der Filter „{name}“ kennt {operator} nicht.")
        contained = or_(*(literal(known.convert(v)) == any_(known.column) for v in values))
        parts.append(contained if operator in {"$eq", "$in"} else not_(contained))
    return and_(*parts)


def listed(name: str, value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > 1000:
        raise InvalidInput(f"Der Filter „{name}“ erwartet eine Liste mit höchstens 1000 Werten.")
    return value


def conditions(source: Source, wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """All filters of a request. Raises InvalidInput for a field that this kind of thing does not have."""
    found = []
    for name, value in wanted.items():
        if value is None:
            continue
        if name == "$or":
            found.append(or_(*(and_(*conditions(source, part)) for part in listed(name, value))))
        elif name in source.special:
            found.append(source.special[name](value))
        elif name in source.fields:
            found.append(condition(name, source.fields[name], value))
        elif name == "tenantId":
            continue  # one Mandant per log-in: row-level security has decided
        else:
            raise InvalidInput(f"Nach „{name}“ lässt sich hier nicht filtern.", errors={f"filter.{name}": "unbekannt"})
    return found


def encode(values: Sequence[Any]) -> str:
    """A cursor: the sort values of a row."""
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def decode(cursor: object, width: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(text_value(cursor) + "=="))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        values = None
    if not isinstance(values, list) or len(values) != width:
        raise InvalidInput("Diese Seitenmarke gehört nicht zu dieser Suche. Bitte beginnen Sie die Suche von vorn.", errors={"page": "ungültig"})
    return values


def search(app: App, actor: Actor, source: Source, *, filters: Mapping[str, Any], sort: Sequence[Mapping[str, Any]] = (),
           page: Mapping[str, Any] | None = None) -> Found:
    """Run a search. ``page`` holds ``limit`` and one of ``from``, ``after``, ``before``."""
    page = page or {}
    limit = page.get("limit")
    limit = DEFAULT_LIMIT if limit is None else int_value(limit)
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"Eine Seite hat 0 bis {MAX_LIMIT} Einträge, gefunden wurde {limit}.", errors={"page.limit": "ungültig"})
    order: list[tuple[ColumnElement[Any], bool]] = []
    for entry in sort or [{"field": name, "order": "DESC" if down else "ASC"} for name, down in source.default_sort]:
        known = source.fields.get(text_value(entry.get("field")))
        if known is None or not known.sort:
            raise InvalidInput(f"Nach „{entry.get('field')}“ lässt sich hier nicht sortieren.", errors={"sort": "unbekannt"})
        if entry.get("order", "ASC") not in {"ASC", "DESC"}:
            raise InvalidInput("Die Reihenfolge ist ASC oder DESC.", errors={"sort": "unbekannt"})
        order.append((known.column, entry.get("order", "ASC") == "DESC"))
    order.append((source.key, bool(order) and order[-1][1]))

    def work(uow: UnitOfWork) -> Found:
        where = conditions(source, filters)
        if source.visible is not None:
            where.append(source.visible(actor))
        base = source.statement.where(*where)
        capped = base.with_only_columns(source.key).limit(TOTAL_CAP + 1).order_by(None).subquery()
        total = uow.session.execute(select(func.count()).select_from(capped)).scalar_one()
        backwards = page.get("before") is not None
        statement = base.add_columns(*[column for column, _ in order])
        for column, down in order:
            turned = down != backwards
            statement = statement.order_by(column.desc().nulls_last() if turned else column.asc().nulls_first())
        cursor = page.get("after") if page.get("after") is not None else page.get("before")
        if cursor is not None:
            statement = statement.where(beyond(order, decode(cursor, len(order)), backwards=backwards))
        elif page.get("from") is not None:
            statement = statement.offset(max(0, int_value(page["from"])))
        rows = list(uow.session.execute(statement.limit(limit)).all())
        if backwards:
            rows.reverse()
        width = len(order)
        cursors = [encode(list(row)[-width:]) for row in (rows[:1] + rows[-1:])] if rows else [None, None]
        return Found(rows=rows, total=min(total, TOTAL_CAP), more_than_total=total > TOTAL_CAP, start_cursor=cursors[0], end_cursor=cursors[-1])
    return read(app, actor, work)


def beyond(order: Sequence[tuple[ColumnElement[Any], bool]], values: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Rows after (or before) a cursor: lexicographic comparison, null counted as smallest."""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for (column, down), value in zip(order, values, strict=True):
        greater = down == backwards
        if value is None:
            further = column.is_not(None) if greater else literal(value=False)
            same = column.is_(None)
        else:
            further = column > value if greater else or_(column < value, column.is_(None))
            same = column == value
        alternatives.append(and_(*equal, further))
        equal.append(same)
    return or_(*alternatives)


# -- what can be searched ----------------------------------------------------------------------------------------------
i, d, t, j, n, e, f = (model.__table__.c for model in (ProcessInstance, ProcessDefinition, UserTask, Job, Incident, DecisionDefinition, FormDefinition))
has_incident = exists(select(n.key).where(n.instance_key == i.key, n.status == "ACTIVE"))

PROCESS_INSTANCES = Source(
    statement=select(i.key, i.definition_key, i.process_id, i.version, d.version_tag, d.name, i.status, i.business_id, i.parent_key, i.parent_task,
                     i.root_key, i.started, i.ended, i.tags, has_incident.label("has_incident")).join_from(ProcessInstance.__table__, ProcessDefinition.__table__,
                                                                                                         d.key == i.definition_key),
    key=i.key,
    fields={
        "processInstanceKey": Field(column=i.key, convert=key_value), "processDefinitionId": Field(column=i.process_id),
        "processDefinitionName": Field(column=d.name), "processDefinitionVersion": Field(column=i.version, convert=int_value),
        "processDefinitionVersionTag": Field(column=d.version_tag), "processDefinitionKey": Field(column=i.definition_key, convert=key_value),
        "startDate": Field(column=i.started, convert=instant_value), "endDate": Field(column=i.ended, convert=instant_value),
        "state": Field(column=i.status), "businessId": Field(column=i.business_id),
        "parentProcessInstanceKey": Field(column=i.parent_key, convert=key_value), "tags": Field(column=i.tags, array=True, sort=False)},
    special={"hasIncident": lambda v: has_incident if bool_value(v) else not_(has_incident),
             "tags": lambda v: and_(*(literal(text_value(x)) == any_(i.tags) for x in listed("tags", v)))},
    visible=rechte.visible_instances, default_sort=(("processInstanceKey", False),))

USER_TASKS = Source(
    statement=select(*[column for column in t if column.name != "mandant"], d.name.label("process_name")).join_from(
        UserTask.__table__, ProcessDefinition.__table__, d.key == t.definition_key),
    key=t.key,
    fields={
        "userTaskKey": Field(column=t.key, convert=key_value), "state": Field(column=t.status), "assignee": Field(column=t.assignee),
        "priority": Field(column=t.priority, convert=int_value), "elementId": Field(column=t.element_id), "name": Field(column=t.name),
        "candidateGroup": Field(column=t.candidate_groups, array=True, sort=False), "candidateUser": Field(column=t.candidate_users, array=True, sort=False),
        "processDefinitionId": Field(column=t.process_id), "processDefinitionKey": Field(column=t.definition_key, convert=key_value),
        "processInstanceKey": Field(column=t.instance_key, convert=key_value), "creationDate": Field(column=t.created, convert=instant_value),
        "completionDate": Field(column=t.ended, convert=instant_value), "followUpDate": Field(column=t.follow_up, convert=instant_value),
        "dueDate": Field(column=t.due, convert=instant_value), "businessId": Field(column=t.business_id)},
    visible=policy.visible_tasks, default_sort=(("userTaskKey", False),))

JOBS = Source(
    statement=select(*[column for column in j if column.name != "mandant"]), key=j.key,
    fields={
        "jobKey": Field(column=j.key, convert=key_value), "type": Field(column=j.type), "worker": Field(column=j.worker), "state": Field(column=j.status),
        "retries": Field(column=j.retries, convert=int_value), "elementId": Field(column=j.element_id), "processDefinitionId": Field(column=j.process_id),
        "processDefinitionKey": Field(column=j.definition_key, convert=key_value), "processInstanceKey": Field(column=j.instance_key, convert=key_value),
        "deadline": Field(column=j.deadline, convert=instant_value), "errorCode": Field(column=j.error_code), "errorMessage": Field(column=j.error_message),
        "creationTime": Field(column=j.created, convert=instant_value), "endTime": Field(column=j.ended, convert=instant_value)},
    default_sort=(("jobKey", False),))

INCIDENTS = Source(
    statement=select(*[column for column in n if column.name != "mandant"]), key=n.key,
    fields={
        "incidentKey": Field(column=n.key, convert=key_value), "state": Field(column=n.status), "errorMessage": Field(column=n.message),
        "elementId": Field(column=n.element_id), "processDefinitionId": Field(column=n.process_id),
        "processDefinitionKey": Field(column=n.definition_key, convert=key_value), "processInstanceKey": Field(column=n.instance_key, convert=key_value),
        "jobKey": Field(column=n.job_key, convert=key_value), "creationTime": Field(column=n.created, convert=instant_value)},
    default_sort=(("incidentKey", False),))


def latest_only(table: Any, columns: Any, name: str) -> Callable[[Any], ColumnElement[bool]]:  # noqa: ANN401  tables
    """``isLatestVersion``: no newer version of the same id."""
    newer = table.alias()
    no_newer = not_(exists(select(newer.c.key).where(newer.c[name] == columns[name], newer.c.version > columns.version)))
    return lambda value: no_newer if bool_value(value) else literal(value=True)


PROCESS_DEFINITIONS = Source(
    statement=select(d.key, d.process_id, d.version, d.version_tag, d.name, d.resource_name), key=d.key,
    fields={
        "processDefinitionKey": Field(column=d.key, convert=key_value), "processDefinitionId": Field(column=d.process_id), "name": Field(column=d.name),
        "resourceName": Field(column=d.resource_name), "version": Field(column=d.version, convert=int_value), "versionTag": Field(column=d.version_tag)},
    special={"isLatestVersion": latest_only(ProcessDefinition.__table__, d, "process_id")}, default_sort=(("processDefinitionKey", False),))

DECISION_DEFINITIONS = Source(
    statement=select(e.key, e.decision_id, e.version, e.name, e.requirements_id, e.requirements_key, e.requirements_name, e.resource_name), key=e.key,
    fields={
        "decisionDefinitionKey": Field(column=e.key, convert=key_value), "decisionDefinitionId": Field(column=e.decision_id), "name": Field(column=e.name),
        "version": Field(column=e.version, convert=int_value), "decisionRequirementsId": Field(column=e.requirements_id),
        "decisionRequirementsKey": Field(column=e.requirements_key, convert=key_value)},
    special={"isLatestVersion": latest_only(DecisionDefinition.__table__, e, "decision_id")}, default_sort=(("decisionDefinitionKey", False),))
