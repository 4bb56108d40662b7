"""Filters on variables, as SQL: those of the process, and the local ones of an open user task.

Variables live in the stored state of their instance (JSON text, see ``engine.state``); an ended instance keeps those of the process
in a column. So these filters read the state where it lies. They compare values, not texts: ``1`` equals ``1.0``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, false, func, literal, literal_column, not_, or_, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from services.db.models.prozess import ProcessInstance, UserTask
from services.errors import InvalidInput
from services.prozess.suche import bool_value, like, listed, refuse_operators, storable, text_value

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 100
MAX_VARIABLES = 20  # in one filter
i, t = ProcessInstance.__table__.c, UserTask.__table__.c

STATE = func.zustand_als_json(i.state, type_=JSONB)  # null if it is damaged: such an instance fits no filter
PROCESS = func.coalesce(i.variables, STATE.op("->", return_type=JSONB())(literal("vars", Text)), type_=JSONB)


def row_of_task(path: str) -> ColumnElement[Any]:
    """The row of the user task in the stored state, see ``engine.pruning``: its last entry is the token's own data."""
    return func.jsonb_path_query_first(STATE, cast(literal_column(f"'{path}'"), JSONPATH), func.jsonb_build_object("t", t.task_id), type_=JSONB)


# "strict": otherwise a filter would look into the row instead of at it.
LOCAL = func.coalesce(row_of_task("strict $.rows[*] ? (@[0] == $t)"), row_of_task("strict $.subs[*][2][*] ? (@[0] == $t)"), type_=JSONB).op(
    "#>", return_type=JSONB())(literal_column("'{7,vars}'"))


def of_process(wanted: object) -> ColumnElement[bool]:
    """Instances whose process scope has all these variables. Raises InvalidInput."""
    return all_of("variables", PROCESS, wanted)


def of_task_process(wanted: object) -> ColumnElement[bool]:
    """User tasks whose process has all these variables. Raises InvalidInput."""
    return exists(select(i.key).where(i.key == t.instance_key, all_of("processInstanceVariables", PROCESS, wanted)))


def of_task(wanted: object) -> ColumnElement[bool]:
    """Open user tasks that have all these variables of their own (inputs, a loop's item). Raises InvalidInput."""
    return exists(select(i.key).where(i.key == t.instance_key, i.state.is_not(None), all_of("localVariables", LOCAL, wanted)))


def all_of(field: str, scope: ColumnElement[Any], wanted: object) -> ColumnElement[bool]:
    """A list of ``{name, value}`` as the official API defines it: every entry must fit."""
    entries = listed(field, wanted)
    if len(entries) > MAX_VARIABLES:
        raise InvalidInput(f"Der Filter „{field}“ nennt höchstens {MAX_VARIABLES} Variablen.", errors={f"filter.{field}": "zu viele"})
    return and_(literal(value=True), *(one(field, scope, entry) for entry in entries))


def one(field: str, scope: ColumnElement[Any], entry: object) -> ColumnElement[bool]:
    """One variable: name, and an exact value or an object of operators. Values are JSON text, as the API writes them."""
    if not isinstance(entry, Mapping) or set(entry) != {"name", "value"}:
        raise InvalidInput(f"Der Filter „{field}“ erwartet Einträge mit name und value.", errors={f"filter.{field}": "ungültig"})
    value = scope.op("->", return_type=JSONB())(literal(text_value(entry["name"]), Text))
    wanted = entry["value"] if isinstance(entry["value"], Mapping) else {"$eq": entry["value"]}
    if not wanted:
        raise InvalidInput(f"Der Filter „{field}“ nennt für „{entry['name'][:80]}“ keinen Wert.", errors={f"filter.{field}": "leer"})
    there = value.is_not(None)
    operators: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "$eq": lambda v: equals(value, v), "$neq": lambda v: and_(there, not_(equals(value, v))),
        "$exists": lambda v: there if bool_value(v) else value.is_(None),
        "$in": lambda v: or_(false(), *(equals(value, x) for x in listed(field, v))),
        "$notIn": lambda v: and_(there, not_(or_(false(), *(equals(value, x) for x in listed(field, v))))),
        "$like": lambda v: cast(value, Text).like(like(text_value(v)), escape="\\")}
    refuse_operators(field, set(wanted) - set(operators))
    return and_(*(operators[name](given) for name, given in wanted.items()))


def equals(value: ColumnElement[Any], wanted: object) -> ColumnElement[bool]:
    """The variable has this value; a text that is no JSON is nobody's value."""
    written = as_json(text_value(wanted))
    return false() if written is None else case((value.is_(None), False), else_=value == cast(literal(written, Text), JSONB))


def as_json(text: str) -> str | None:
    """The text as JSON that jsonb can hold, or None."""
    try:
        found = json.loads(text, parse_float=finite, parse_int=whole, parse_constant=finite)
        written = json.dumps(found, allow_nan=False, ensure_ascii=False)
    except (ValueError, OverflowError, RecursionError):
        return None
    return None if "\\u0000" in written or not storable(written) or deep(found) else written


def finite(text: str) -> float:
    """Raises ValueError for what is no number."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def whole(text: str) -> int:
    """Raises OverflowError for a number that nobody can calculate with."""
    number = int(text)
    float(number)  # as for every number that comes in
    return number


def deep(value: object, level: int = 0) -> bool:
    """Whether JSON is nested deeper than any variable can be."""
    if level > MAX_DEPTH:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(deep(x, level + 1) for x in inner)
