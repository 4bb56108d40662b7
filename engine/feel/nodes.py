"""The syntax tree of an expression: plain values, made by the parser and read by the compiler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from engine.feel.types import FeelType
    from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or function of the scope."""

    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """`base.name`."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    """`base[condition]`."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`; names is None for positional arguments."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first op operand op operand`, operators of one precedence, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between:
    """`operand between low and high`."""

    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Tests:
    """Unary tests: any of them holds, or none if negated. Without tests (`-`) everything passes."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """`operand in tests`."""

    operand: Node
    tests: Tests


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` or `or` over two or more operands."""

    is_and: bool
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """`if condition then then else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Domain:
    """What a loop runs over: a list, or from one value to another."""

    start: Node
    end: Node | None


Bindings: TypeAlias = "tuple[tuple[str, Domain], ...]"


@dataclass(frozen=True, slots=True)
class For:
    """`for name in domain, ... return body`."""

    bindings: Bindings
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    """`some` or `every name in domain, ... satisfies condition`."""

    is_some: bool
    bindings: Bindings
    condition: Node


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """`operand instance of type`."""

    operand: Node
    type: FeelType


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[item, ...]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf:
    """`{key: value, ...}`."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf:
    """`[low..high]`, closed or open at either end."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class UnaryRange:
    """`< operand` and its like."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Lambda:
    """`function(a, b: type) body`; an external function has no body."""

    parameters: tuple[tuple[str, FeelType | None], ...]
    body: Node | None


Node: TypeAlias = (
    "Const | Name | Path | Filter | Call | Arithmetic | Negation | Comparison | Between | Tests | In | Junction | If | For | Quantified"
    " | InstanceOf | ListOf | ContextOf | RangeOf | UnaryRange | Lambda"
)
