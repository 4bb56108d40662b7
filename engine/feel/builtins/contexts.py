"""Contexts and the rest: DMN 1.5, 10.3.4.10 (contexts), 10.3.4.9 (ranges have their own module), `is`, `get or else`, `assert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.feel.builtins.registry import Registry
from engine.feel.values import Faulty, Value, identical, is_context, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTRY: Final = Registry()
add = REGISTRY.add


@add("get value", "m: context, key: string")
def get_value(context: Mapping[str, Value], key: str) -> Value:
    """The entry of a context."""
    return wrap(context.get(key))


@add("get value", "context: context, keys: list")
def get_value_deep(context: Mapping[str, Value], keys: list[Value]) -> Value:
    """The entry at the end of a path of keys (as Camunda 8 offers it)."""
    value: Value = context
    for key in keys:
        if not is_context(value) or type(key) is not str:
            return None
        value = wrap(value.get(key))
    return value


@add("get entries", "m: context")
def get_entries(context: Mapping[str, Value]) -> Value:
    """The entries as a list of `{key, value}`."""
    return [{"key": key, "value": wrap(value)} for key, value in context.items()]


@add("context put", "context: context, key: string, value: any")
def context_put(context: Mapping[str, Value], key: str, value: Value) -> Value:
    """The context with one entry added or replaced."""
    return {**context, key: value}


@add("context put", "context: context, keys: list, value: any")
def context_put_deep(context: Mapping[str, Value], keys: list[Value], value: Value) -> Value:
    """The same, along a path of keys."""
    return _put(context, keys, value)


def _put(context: Value, keys: list[Value], value: Value) -> Value:
    if not keys or not is_context(context) or type(keys[0]) is not str:
        raise Faulty("Der Pfad führt nicht durch Kontexte.")
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = wrap(context.get(keys[0]))
    return {**context, keys[0]: _put({} if inner is None else inner, keys[1:], value)}


@add("context merge", "contexts: list")
def context_merge(contexts: list[Value]) -> Value:
    """Several contexts in one; later entries win."""
    result: dict[str, Value] = {}
    for context in contexts:
        if not is_context(context):
            raise Faulty("Zusammengeführt werden Kontexte.")
        result.update(context)
    return result


@add("context", "entries: list")
def context_from_entries(entries: list[Value]) -> Value:
    """A context from a list of `{key, value}`; a key may stand only once."""
    result: dict[str, Value] = {}
    for entry in entries:
        if not is_context(entry) or "value" not in entry or type(entry.get("key")) is not str or entry["key"] in result:
            raise Faulty("Ein Eintrag hat einen Schlüssel, der nur einmal vorkommt, und einen Wert.")
        result[entry["key"]] = wrap(entry["value"])
    return result


@add("is", "value1: any, value2: any", result="boolean")
def is_same(left: Value, right: Value) -> Value:
    """Whether two values are the same in the semantic domain."""
    return identical(left, right)


@add("get or else", "value: any, default: any")
def get_or_else(value: Value, default: Value) -> Value:
    """The value, or the other one if it is null (as Camunda 8 offers it)."""
    return default if value is None else value


@add("is defined", "value: any", result="boolean")
def is_defined(value: Value) -> Value:
    """Whether there is a value (as Camunda 8 offers it)."""
    return value is not None
