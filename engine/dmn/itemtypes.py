"""Item definitions as FEEL types (DMN 1.5, 7.3.2), with their allowed values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dmn.reader import Source, child, children, local, text_of
from engine.errors import ExpressionError
from engine.feel import compile_unary_tests
from engine.feel.budget import BudgetError
from engine.feel.builtins import BUILTINS
from engine.feel.lexer import SyntaxFault
from engine.feel.parser import Parser
from engine.feel.reading import KnownNames
from engine.feel.scope import Run, Scope
from engine.feel.types import ANY, BASIC, ContextType, FeelType, FunctionType, ListType, NamedType, RestrictedType

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from engine.feel.values import Value


def read_types(source: Source, problem: Callable[[_Element, str, str], None]) -> None:
    """Fill `source.types` from its item definitions; problems are reported with element, text and sentence."""
    for node in children(source.root, "itemDefinition"):
        name = (node.get("name") or "").strip()
        if name:
            source.types[name] = _definition(source, node, problem)


def check_references(source: Source, problem: Callable[[_Element, str, str], None]) -> None:
    """Report every `typeRef` that names a type neither the file nor its imports have."""
    for node in source.root.iter():
        reference = node.get("typeRef") or (text_of(node) if local(node) == "typeRef" else "")
        kind = type_named(source, reference)
        if isinstance(kind, NamedType) and kind.name not in kind.types:
            problem(node, reference, f"Den Typ „{reference}“ gibt es nicht.")


def type_named(source: Source, reference: str | None) -> FeelType | None:
    """The type a `typeRef` names; None if there is none or it says nothing."""
    text = (reference or "").strip()
    if not text:
        return None
    plain = text.rpartition(":")[2] if "<" not in text and "{" not in text else text
    plain = plain.rpartition("}")[2] if plain.startswith("{") else plain
    if plain in source.types:
        return NamedType(plain, source.types)
    if plain in BASIC:
        return None if BASIC[plain] is ANY else BASIC[plain]
    if "<" in plain:
        try:
            parser = Parser(plain, KnownNames(["date and time", "days and time duration", "years and months duration"]), source.types)
            return parser.type()
        except SyntaxFault:
            return None
    return NamedType(plain, source.types)


def _definition(source: Source, node: _Element, problem: Callable[[_Element, str, str], None]) -> FeelType:
    components = list(children(node, "itemComponent"))
    function = child(node, "functionItem")
    base: FeelType
    if components:
        base = ContextType({(part.get("name") or "").strip(): _definition(source, part, problem) for part in components})
    elif function is not None:
        parameters = tuple(type_named(source, part.get("typeRef")) or ANY for part in children(function, "parameters"))
        base = FunctionType(parameters, type_named(source, function.get("outputTypeRef")) or ANY)
    else:
        base = type_named(source, text_of(child(node, "typeRef"))) or ANY
    base = _restricted(source, base, child(node, "allowedValues"), problem)
    if node.get("isCollection") == "true":
        base = ListType(base)
    return _restricted(source, base, child(node, "typeConstraint"), problem)


def _restricted(source: Source, base: FeelType, constraint: _Element | None, problem: Callable[[_Element, str, str], None]) -> FeelType:
    text = text_of(constraint)
    if constraint is None or not text:
        return base
    try:
        tests = compile_unary_tests(text, source.syntax)
    except ExpressionError as exc:
        problem(constraint, text, str(exc))
        return base

    def check(value: Value) -> bool:
        run = Run(BUILTINS)
        try:
            return tests.evaluate_in(Scope({"?": value}, None, run)) is True
        except BudgetError:
            return False

    return RestrictedType(base, check)
