"""What can be said about an expression without running it: the names it uses and what a turn through it costs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from engine.feel import nodes as n
from engine.feel.types import FeelType

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


def turn_cost(node: object) -> int:
    """Steps that one turn of a loop around a node, or one call of a function with this body, is charged."""
    return 1 + node_count(node) // 2


def node_count(node: object) -> int:
    """Number of nodes of a tree."""
    if isinstance(node, tuple):
        return sum(node_count(part) for part in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, (FeelType, type)):
        return 0
    return 1 + sum(node_count(getattr(node, field.name)) for field in dataclasses.fields(node))


def free_names(node: n.Node) -> frozenset[str]:
    """Names an expression takes from its surroundings: variables and functions, also those a filter might find in an element."""
    found: set[str] = set()
    _collect(node, frozenset(), found)
    return frozenset(found)


def _collect(node: object, bound: AbstractSet[str], found: set[str]) -> None:
    if isinstance(node, n.Name):
        if node.name not in bound:
            found.add(node.name)
    elif isinstance(node, (n.For, n.Quantified)):
        for name, domain in node.bindings:
            _collect(domain, bound, found)
            bound |= {name}
        _collect(node.body if isinstance(node, n.For) else node.condition, bound, found)
    elif isinstance(node, n.ContextOf):
        inner = set(bound)
        for key, value in node.entries:
            _collect(value, inner, found)
            inner.add(key)
    elif isinstance(node, n.Lambda):
        _collect(node.body, bound | {name for name, _ in node.parameters}, found)
    elif isinstance(node, n.In):
        # What the tests call `?` is the operand, unless it is tested in turn.
        _collect(node.operand, bound, found)
        _collect(node.tests, bound | {"?"}, found)
    elif isinstance(node, tuple):
        for part in node:
            _collect(part, bound, found)
    elif type(node) in _FIELDS:
        for name in _FIELDS[type(node)]:
            _collect(getattr(node, name), bound, found)


_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    n.Path: ("base",),
    n.Filter: ("base", "condition"),
    n.Call: ("function", "arguments"),
    n.Arithmetic: ("first", "rest"),
    n.Negation: ("operand",),
    n.Comparison: ("left", "right"),
    n.Between: ("operand", "low", "high"),
    n.Tests: ("tests",),
    n.Junction: ("operands",),
    n.If: ("condition", "then", "otherwise"),
    n.Domain: ("start", "end"),
    n.InstanceOf: ("operand",),
    n.ListOf: ("items",),
    n.RangeOf: ("low", "high"),
    n.UnaryRange: ("operand",),
}
