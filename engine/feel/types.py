"""Types of FEEL (DMN 1.5, 10.3.2): what `instance of` asks for and what item definitions demand.

`has(value)` is the relation "is of type"; `coerce(value)` applies the implicit conversions of 10.3.2.9.4 and raises Faulty
if the value does not conform even then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from engine.feel.temporal import FeelDate, FeelDateTime, FeelTime
from engine.feel.values import Faulty, FeelFunction, Range, Value, kind_of, value_text, wrap

Check: TypeAlias = "Callable[[Value], bool]"


@dataclass(frozen=True, eq=False)
class FeelType:
    """Base of all types; this one is Any."""

    def has(self, value: Value) -> bool:
        return value is not None

    def label(self) -> str:
        return "Any"

    def allows(self, value: Value) -> bool:
        """Whether the value obeys the allowed values of the type, at every level."""
        return value is not None or value is None

    def coerce(self, value: Value) -> Value:
        """The value in this type, converted where the standard converts implicitly. Raises Faulty."""
        if value is None:
            return None
        found = self._converted(value)
        if not self.allows(found):
            raise Faulty(f"Der Wert {value_text(value)[:100]} gehört nicht zu den erlaubten Werten.")
        return found

    def _converted(self, value: Value) -> Value:
        if self.has(value):
            return value
        if isinstance(value, list) and len(value) == 1 and self.has(wrap(value[0])):
            return wrap(value[0])
        if self.is_date_time() and isinstance(value, FeelDate):
            return FeelDateTime(value, FeelTime(0, 0))
        raise Faulty(f"Der Wert {value_text(value)[:100]} ist nicht vom Typ {self.label()}.")

    def is_date_time(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class BasicType(FeelType):
    """A kind of value without inner types."""

    name: str

    def has(self, value: Value) -> bool:
        return kind_of(value) == self.name

    def label(self) -> str:
        return self.name

    def is_date_time(self) -> bool:
        return self.name == "date and time"


@dataclass(frozen=True, eq=False)
class NullType(FeelType):
    """The type of null."""

    def has(self, value: Value) -> bool:
        return value is None


@dataclass(frozen=True, eq=False)
class ListType(FeelType):
    """A list of elements of one type."""

    element: FeelType

    def has(self, value: Value) -> bool:
        return isinstance(value, list) and all(item is None or self.element.has(wrap(item)) for item in value)

    def label(self) -> str:
        return f"list<{self.element.label()}>"

    def allows(self, value: Value) -> bool:
        return not isinstance(value, list) or all(item is None or self.element.allows(wrap(item)) for item in value)

    def _converted(self, value: Value) -> Value:
        if isinstance(value, list):
            return [None if item is None else self.element._converted(wrap(item)) for item in value]
        return [self.element._converted(value)]


@dataclass(frozen=True, eq=False)
class ContextType(FeelType):
    """A context that has these entries, and perhaps more."""

    entries: Mapping[str, FeelType]

    def has(self, value: Value) -> bool:
        if not isinstance(value, Mapping):
            return False
        return all(key in value and (value[key] is None or kind.has(wrap(value[key]))) for key, kind in self.entries.items())

    def label(self) -> str:
        return "context<" + ", ".join(f"{key}: {kind.label()}" for key, kind in self.entries.items()) + ">"

    def allows(self, value: Value) -> bool:
        if not isinstance(value, Mapping):
            return True
        return all(value.get(key) is None or kind.allows(wrap(value.get(key))) for key, kind in self.entries.items())

    def _converted(self, value: Value) -> Value:
        if isinstance(value, list) and len(value) == 1:
            return self._converted(wrap(value[0]))
        if not isinstance(value, Mapping):
            raise Faulty(f"Der Wert {value_text(value)[:100]} ist kein Kontext.")
        found = dict(value)
        for key, kind in self.entries.items():
            if key not in found:
                raise Faulty(f"Im Kontext fehlt der Eintrag „{key}“.")
            if found[key] is not None:
                found[key] = kind._converted(wrap(found[key]))
        return found


@dataclass(frozen=True, eq=False)
class RangeType(FeelType):
    """A range over values of one type."""

    element: FeelType

    def has(self, value: Value) -> bool:
        if not isinstance(value, Range):
            return False
        return all(end is None or self.element.has(end) for end in (value.low, value.high))

    def label(self) -> str:
        return f"range<{self.element.label()}>"


@dataclass(frozen=True, eq=False)
class FunctionType(FeelType):
    """A function of some parameters; the declared types of a function are compared, undeclared ones count as Any."""

    parameters: tuple[FeelType, ...]
    result: FeelType

    def has(self, value: Value) -> bool:
        if not isinstance(value, FeelFunction) or len(value.parameters) != len(self.parameters):
            return False
        declared = value.types or (None,) * len(self.parameters)
        result = value.result or value.declared_result or ANY
        takes = all(conforms(wanted, has or ANY) for wanted, has in zip(self.parameters, declared, strict=True))
        return takes and conforms(result, self.result)

    def _converted(self, value: Value) -> Value:
        """A function that does not say what it gives is held to the demanded type whenever it is called."""
        if isinstance(value, FeelFunction) and value.result is None and value.declared_result is None and not value.overloads:
            return super()._converted(replace(value, result=self.result))
        return super()._converted(value)

    def label(self) -> str:
        return f"function<{', '.join(kind.label() for kind in self.parameters)}> -> {self.result.label()}"


@dataclass(frozen=True, eq=False)
class NamedType(FeelType):
    """A type of the model, looked up when it is used so that types may refer to each other in any order."""

    name: str
    types: Mapping[str, FeelType] = field(repr=False)

    def target(self) -> FeelType:
        found = self.types.get(self.name)
        if found is None:
            raise Faulty(f"Den Typ „{self.name}“ gibt es nicht.")
        return found

    def has(self, value: Value) -> bool:
        return self.target().has(value)

    def label(self) -> str:
        return self.name

    def allows(self, value: Value) -> bool:
        return self.target().allows(value)

    def _converted(self, value: Value) -> Value:
        return self.target()._converted(value)


@dataclass(frozen=True, eq=False)
class RestrictedType(FeelType):
    """A type with allowed values; `check` says whether one value is allowed, for a list the whole list."""

    base: FeelType
    check: Check

    def has(self, value: Value) -> bool:
        return self.base.has(value)

    def label(self) -> str:
        return self.base.label()

    def allows(self, value: Value) -> bool:
        return self.base.allows(value) and self.check(value)

    def _converted(self, value: Value) -> Value:
        return self.base._converted(value)


ANY: Final = FeelType()
BASIC: Final[dict[str, FeelType]] = {
    "Any": ANY,
    "Null": NullType(),
    **{name: BasicType(name) for name in ("number", "string", "boolean", "date", "time", "date and time", "context")},
    "days and time duration": BasicType("days and time duration"),
    "years and months duration": BasicType("years and months duration"),
    # Names of older versions of DMN and of tools that write types in one word.
    "dayTimeDuration": BasicType("days and time duration"),
    "yearMonthDuration": BasicType("years and months duration"),
    "day time duration": BasicType("days and time duration"),
    "year month duration": BasicType("years and months duration"),
    "dateTime": BasicType("date and time"),
    **{name: BasicType("number") for name in ("integer", "int", "long", "short", "double", "float", "decimal")},
    "list": ListType(ANY),
    "range": RangeType(ANY),
}


def resolved(kind: FeelType) -> FeelType:
    """The type behind names and restrictions."""
    for _ in range(50):
        if isinstance(kind, NamedType):
            kind = kind.target()
        elif isinstance(kind, RestrictedType):
            kind = kind.base
        else:
            return kind
    raise Faulty("Ein Typ verweist auf sich selbst.")


def conforms(kind: FeelType, other: FeelType) -> bool:
    """Whether every value of the first type is one of the second (DMN 1.5, 10.3.2.9.3)."""
    kind, other = resolved(kind), resolved(other)
    if type(other) is FeelType or isinstance(kind, NullType):
        return True
    if isinstance(kind, ListType) and isinstance(other, ListType):
        return conforms(kind.element, other.element)
    if isinstance(kind, RangeType) and isinstance(other, RangeType):
        return conforms(kind.element, other.element)
    if isinstance(kind, ContextType) and isinstance(other, ContextType):
        return all(key in kind.entries and conforms(kind.entries[key], wanted) for key, wanted in other.entries.items())
    if isinstance(kind, FunctionType) and isinstance(other, FunctionType):
        return (
            len(kind.parameters) == len(other.parameters)
            and all(conforms(wanted, has) for wanted, has in zip(other.parameters, kind.parameters, strict=True))
            and conforms(kind.result, other.result)
        )
    if isinstance(kind, BasicType) and isinstance(other, BasicType):
        return kind.name == other.name
    return isinstance(kind, ContextType) and isinstance(other, BasicType) and other.name == "context"
