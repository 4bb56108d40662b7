"""Searching the engine's tables: filters, sorting and paging as the Camunda 8 REST API names them.

One :class:`Source` per kind of thing maps API fields to columns (``quellen.py``); everything else is shared. Whatever a
caller sends is checked here, so that the database never sees a value that it would refuse.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    any_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from services.errors import InvalidInput
from services.unit_of_work import UnitOfWork, read

if TYPE_CHECKING:
    from datetime import date

    from services.bootstrap import App
    from services.context import Actor

MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
TOTAL_CAP = 10_000
MAX_CURSOR = 4000  # characters
MAX_NESTING = 5    # of ``$or``
PAGE_FIELDS = frozenset({"limit", "from", "after", "before"})
Convert = Callable[[Any], Any]


def text_value(value: object) -> str:
    """A string that the database can hold. Raises InvalidInput for anything else."""
    if not isinstance(value, str) or not storable(value):
        raise InvalidInput(f"Erwartet wird ein Text, gefunden wurde {shown(value)}.")
    return value


def storable(value: str) -> bool:
    """PostgreSQL holds neither NUL nor half of a surrogate pair."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)


def shown(value: object) -> str:
    """A value within a sentence: short, whatever was sent."""
    return ascii(value)[:80]


def key_value(value: object) -> int:
    """A key: digits as text, as everywhere in the interface."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 19 or int(value) >= 2**63:
        raise InvalidInput(f"Erwartet wird ein Schlüssel (Ziffern als Text), gefunden wurde {shown(value)}.")
    return int(value)


def int_value(value: object) -> int:
    """A 32-bit number."""
    if not isinstance(value, int) or isinstance(value, bool) or not -2**31 <= value < 2**31:
        raise InvalidInput(f"Erwartet wird eine ganze Zahl, gefunden wurde {shown(value)}.")
    return value


def bool_value(value: object) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise InvalidInput(f"Erwartet wird true oder false, gefunden wurde {shown(value)}.")
    return value


def instant_value(value: object) -> datetime:
    """An ISO 8601 date and time with offset."""
    try:
        found = datetime.fromisoformat(text_value(value))
    except ValueError:
        raise InvalidInput(f"Erwartet wird ein Zeitpunkt wie 2026-11-24T09:00:00Z, gefunden wurde {shown(value)}.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def one_of(*known: str) -> Convert:
    """A value of an enumeration of the official API."""
    def convert(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise InvalidInput(f"Erwartet wird {' oder '.join(known)}, gefunden wurde {shown(value)}.")
        return value
    return convert


@dataclass(frozen=True, kw_only=True)
class Field:
    """A filterable (and, if ``sort``, sortable) field."""

    column: ColumnElement[Any]
    convert: Convert = text_value
    sort: bool = True
    array: bool = False


TENANT = Field(column=literal("<default>", Text))  # one Mandant per log-in: row-level security has decided


@dataclass(frozen=True, kw_only=True)
class Source:
    """A searchable kind of thing. ``visible`` is the policy's condition for the actor on a day.

    ``joint``: filters that speak of one and the same other thing, and the condition for those of them that a request names.
    """

    statement: Select[Any]
    fields: Mapping[str, Field]
    key: ColumnElement[Any]
    visible: Callable[[Actor, date], ColumnElement[bool]] | None = None
    special: Mapping[str, Callable[[Any], ColumnElement[bool]]] = field(default_factory=dict)
    joint: tuple[frozenset[str], Callable[[Mapping[str, Any]], ColumnElement[bool]]] = (frozenset(), lambda _: true())
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
        return array_condition(name, known, wanted if isinstance(wanted, Mapping) else {"$eq": wanted})
    if not isinstance(wanted, Mapping):
        return condition(name, known, {"$eq": wanted})
    if not wanted:
        raise InvalidInput(f"Der Filter „{name}“ ist leer.", errors={f"filter.{name}": "leer"})
    operators: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "$eq": lambda v: column == known.convert(v), "$neq": lambda v: column.is_distinct_from(known.convert(v)),
        "$exists": lambda v: column.is_not(None) if bool_value(v) else column.is_(None),
        "$in": lambda v: column.in_([known.convert(x) for x in listed(name, v)]),
        "$notIn": lambda v: not_(column.in_([known.convert(x) for x in listed(name, v)])),
        "$like": lambda v: column.like(like(text_value(v)), escape="\\"),
        "$gt": lambda v: column > known.convert(v), "$gte": lambda v: column >= known.convert(v),
        "$lt": lambda v: column < known.convert(v), "$lte": lambda v: column <= known.convert(v)}
    if isinstance(column.type, Integer | DateTime | Boolean):
        del operators["$like"]
    refuse_operators(name, set(wanted) - set(operators))
    return and_(*(operators[op](value) for op, value in wanted.items()))


def refuse_operators(name: str, unknown: set[str]) -> None:
    """Raises InvalidInput if there are unknown operators."""
    if unknown:
        raise InvalidInput(f"Der Filter „{name}“ kennt {', '.join(shown(op) for op in sorted(unknown))} nicht.",
                           errors={f"filter.{name}": "unbekannter Operator"})


def array_condition(name: str, known: Field, wanted: Mapping[str, Any]) -> ColumnElement[bool]:
    """Candidates: ``$eq`` and ``$in`` ask whether one of them is contained."""
    parts = []
    refuse_operators(name, set(wanted) - {"$eq", "$in", "$neq", "$notIn"})
    for operator, value in wanted.items():
        values = listed(name, value) if operator in {"$in", "$notIn"} else [value]
        contained = or_(false(), *(literal(known.convert(v)) == any_(known.column) for v in values))
        parts.append(contained if operator in {"$eq", "$in"} else not_(contained))
    return and_(literal(value=True), *parts)


def listed(name: str, value: object) -> list[Any]:
    """A list of values, not endless. Raises InvalidInput."""
    if not isinstance(value, list) or len(value) > 1000:
        raise InvalidInput(f"Der Filter „{name}“ erwartet eine Liste mit höchstens 1000 Werten.")
    return value


def conditions(source: Source, wanted: object, depth: int = 0) -> list[ColumnElement[bool]]:
    """All filters of a request. Raises InvalidInput for a field that this kind of thing does not have."""
    if not isinstance(wanted, Mapping) or depth > MAX_NESTING:
        raise InvalidInput(f"Ein Filter ist ein JSON-Objekt, gefunden wurde {shown(wanted)}.", errors={"filter": "ungültig"})
    names, together = source.joint
    joint = {name: value for name, value in wanted.items() if name in names and value is not None}
    found: list[ColumnElement[bool]] = [together(joint)] if joint else []
    for name, value in wanted.items():
        if value is None or name in joint:
            continue
        if name == "$or":
            found.append(or_(false(), *(and_(literal(value=True), *conditions(source, part, depth + 1)) for part in listed(name, value))))
        elif name in source.special:
            found.append(source.special[name](value))
        elif name in source.fields:
            found.append(condition(name, source.fields[name], value))
        elif name == "tenantId":
            found.append(condition(name, TENANT, value))
        else:
            raise InvalidInput(f"Nach „{name[:80]}“ lässt sich hier nicht filtern.", errors={f"filter.{name}": "unbekannt"})
    return found


def given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters without those that name no operator: to look at, they exclude nothing. Orders for many instances refuse them."""
    found = {name: value for name, value in filters.items() if value != {}}
    if isinstance(found.get("$or"), list):
        found["$or"] = [given(part) if isinstance(part, Mapping) else part for part in found["$or"]]
    return found


def encode(values: Sequence[Any]) -> str:
    """A cursor: the sort values of a row, in padded standard base64 as the official API defines it."""
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.b64encode(json.dumps(plain, default=str).encode()).decode()


def decode(cursor: object, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    """The sort values in a cursor, each of the type of its column. Raises InvalidInput for a forged one."""
    refusal = InvalidInput("Diese Seitenmarke gehört nicht zu dieser Suche. Bitte beginnen Sie die Suche von vorn.", errors={"page": "ungültig"})
    text = text_value(cursor)
    if len(text) > MAX_CURSOR:
        raise refusal
    try:
        values = json.loads(base64.b64decode(text, validate=True))
        if not isinstance(values, list) or len(values) != len(columns):
            raise refusal
        return [None if value is None else typed(column, value) for column, value in zip(columns, values, strict=True)]
    except (binascii.Error, ValueError, RecursionError, InvalidInput):
        raise refusal from None


def typed(column: ColumnElement[Any], value: object) -> object:
    """A cursor's value as its column compares it."""
    if isinstance(column.type, DateTime):
        return instant_value(value)
    if isinstance(column.type, Boolean):
        return bool_value(value)
    if isinstance(column.type, Integer):
        if not isinstance(value, int) or isinstance(value, bool) or not -2**63 <= value < 2**63:
            raise InvalidInput
        return value
    return text_value(value)


def page_of(page: Mapping[str, Any]) -> tuple[int, int, str | None, str | None]:
    """Limit, offset, and the cursors ``after`` and ``before``. Raises InvalidInput."""
    unknown = {name for name in page if name not in PAGE_FIELDS}
    if unknown:
        raise InvalidInput(f"Die Seitenangabe kennt {', '.join(shown(name) for name in sorted(unknown))} nicht.", errors={"page": "unbekannt"})
    given = {name: value for name, value in page.items() if value is not None}
    limit, offset = int_value(given.get("limit", DEFAULT_LIMIT)), int_value(given.get("from", 0))
    if not 0 <= limit <= MAX_LIMIT or offset < 0:
        raise InvalidInput(f"Eine Seite hat 0 bis {MAX_LIMIT} Einträge und beginnt bei 0 oder später.", errors={"page": "ungültig"})
    if len({"from", "after", "before"} & set(given)) > 1:
        raise InvalidInput("Von from, after und before ist nur eine Angabe möglich.", errors={"page": "ungültig"})
    return limit, offset, given.get("after"), given.get("before")


def order_of(source: Source, sort: Sequence[Mapping[str, Any]]) -> list[tuple[ColumnElement[Any], bool]]:
    """Columns to sort by, and whether downwards; the key comes last, so that the order is total."""
    if len(sort) > len(source.fields) + 1:
        raise InvalidInput("Es wurde nach zu vielen Angaben sortiert.", errors={"sort": "zu viele"})
    order: list[tuple[ColumnElement[Any], bool]] = []
    for entry in sort or [{"field": name, "order": "DESC" if down else "ASC"} for name, down in source.default_sort]:
        known = {"tenantId": TENANT, **source.fields}.get(text_value(entry.get("field")))
        if known is None or not known.sort:
            raise InvalidInput(f"Nach {shown(entry.get('field'))} lässt sich hier nicht sortieren.", errors={"sort": "unbekannt"})
        direction = one_of("ASC", "DESC")(entry.get("order") or "ASC")
        order.append((known.column, direction == "DESC"))
    order.append((source.key, bool(order) and order[-1][1]))
    return order


def search(app: App, actor: Actor, source: Source, *, filters: Mapping[str, Any], sort: Sequence[Mapping[str, Any]] = (),
           page: Mapping[str, Any] | None = None, within: Mapping[str, Any] | None = None) -> Found:
    """Run a search. ``page`` holds ``limit`` and one of ``from``, ``after``, ``before``. Raises InvalidInput.

    ``within``: filters that hold besides those of the caller, whatever he asks.
    """
    limit, offset, after, before = page_of(page or {})
    order = order_of(source, sort)
    columns = [column for column, _ in order]
    backwards = before is not None
    cursor = after if after is not None else before
    where = [*conditions(source, given(filters)), *conditions(source, within or {})]
    if source.visible is not None:
        where.append(source.visible(actor, app.clock.today()))
    if cursor is not None:
        past = beyond(order, decode(cursor, columns), backwards=backwards)

    def work(uow: UnitOfWork) -> Found:
        base = source.statement.where(*where)
        capped = base.with_only_columns(source.key).limit(TOTAL_CAP + 1).order_by(None).subquery()
        total = uow.session.execute(select(func.count()).select_from(capped)).scalar_one()
        statement = base.add_columns(*columns)
        for column, down in order:
            turned = down != backwards
            statement = statement.order_by(column.desc().nulls_last() if turned else column.asc().nulls_first())
        statement = statement.offset(offset) if cursor is None else statement.where(past)
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
            further: ColumnElement[bool] = column.is_not(None) if greater else literal(value=False)
            same = column.is_(None)
        else:
            further = column > value if greater else or_(column < value, column.is_(None))
            same = column == value
        alternatives.append(and_(*equal, further))
        equal.append(same)
    return or_(*alternatives)
