"""FEEL, the expression language of DMN 1.5 (chapter 10): compiled once, evaluated many times, within a budget.

Results are FEEL values: None, bool, int or Decimal, str, list, dict, and the classes of `engine.feel.temporal` and `engine.feel.values`.
`to_json` turns any of them into what a process variable holds. A text that cannot be read, and an evaluation that exceeds its budget,
raise ExpressionError; everything else that goes wrong gives null, as the standard says, with the reason in `problems`.
"""

from __future__ import annotations

import functools
from collections import ChainMap
from typing import TYPE_CHECKING, Final

from engine.feel.analysis import free_names
from engine.feel.budget import DEFAULT, Budget, BudgetError
from engine.feel.builtins import BUILTINS
from engine.feel.builtins.parsed import PARSED
from engine.feel.compiler import compile_node
from engine.feel.errors import FeelError
from engine.feel.lexer import SyntaxFault
from engine.feel.operators import PROPERTY_NAMES
from engine.feel.parser import Parser
from engine.feel.reading import KnownNames, Syntax, builtin_names
from engine.feel.scope import Run, Scope
from engine.feel.values import FeelFunction, Range, Value, from_json, to_json, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.feel import nodes as n

__all__ = [
    "Budget",
    "Compiled",
    "FeelError",
    "FeelFunction",
    "Range",
    "Syntax",
    "Value",
    "compile_expression",
    "compile_unary_tests",
    "evaluate",
    "evaluate_json",
    "from_json",
    "names",
    "to_json",
    "unary_test",
]

FUNCTIONS: Final[dict[str, FeelFunction]] = {**BUILTINS, **PARSED}
_KNOWN: Final = builtin_names([*FUNCTIONS, *PROPERTY_NAMES])
_PLAIN: Final = Syntax()
_TOO_DEEP: Final = "Der Ausdruck ist zu tief geschachtelt."


class Compiled:
    """An expression, ready to run; immutable and safe to share between threads.

    Attributes:
        text: the expression as written.
        names: names it takes from its surroundings (variables and functions that are not built in).
    """

    __slots__ = ("_code", "names", "text")

    def __init__(self, text: str, node: n.Node) -> None:
        self.text = text
        self._code = compile_node(node)
        self.names = frozenset(name for name in free_names(node) if name not in FUNCTIONS)

    def evaluate(
        self,
        context: Mapping[str, Value],
        functions: Mapping[str, FeelFunction] | None = None,
        budget: Budget = DEFAULT,
        problems: list[str] | None = None,
    ) -> Value:
        """The FEEL value of the expression.

        Args:
            context: variables; read by key when needed, never copied.
            functions: functions besides the built-in ones, such as `now`.
            budget: limits of this evaluation.
            problems: takes a German sentence for each thing that became null.

        Raises:
            ExpressionError: if the budget is exceeded.
        """
        run = Run(FUNCTIONS, functions, budget, problems)
        if type(context) is ChainMap:
            # A miss in a ChainMap costs an exception; as scopes of their own its maps are asked first.
            *inner, outermost = context.maps
            scope = Scope(outermost, None, run)
            for variables in reversed(inner):
                scope = Scope(variables, scope, run)
        else:
            scope = Scope(context, None, run)
        try:
            return self._code(scope)
        except BudgetError as exc:
            raise FeelError(self.text, str(exc)) from exc
        except RecursionError as exc:
            raise FeelError(self.text, _TOO_DEEP) from exc

    def evaluate_in(self, scope: Scope) -> Value:
        """The value within a running evaluation, for decision logic that shares one budget. Raises ExpressionError."""
        try:
            return self._code(scope)
        except BudgetError as exc:
            raise FeelError(self.text, str(exc)) from exc
        except RecursionError as exc:
            raise FeelError(self.text, _TOO_DEEP) from exc


def _compile(text: str, syntax: Syntax, *, unary: bool) -> Compiled:
    try:
        parser = Parser(text, _known(syntax), syntax.types)
        return Compiled(text, parser.whole_unary_tests() if unary else parser.whole_expression())
    except SyntaxFault as exc:
        raise FeelError(text, str(exc)) from exc
    except RecursionError as exc:
        raise FeelError(text, _TOO_DEEP) from exc


@functools.lru_cache(maxsize=64)
def _known(syntax: Syntax) -> KnownNames:
    return KnownNames(syntax.names, _KNOWN) if syntax.names else _KNOWN


@functools.lru_cache(maxsize=4096)
def compile_expression(text: str, syntax: Syntax = _PLAIN) -> Compiled:
    """Read an expression; the result is cached. Raises ExpressionError with the place of the fault."""
    return _compile(text, syntax, unary=False)


@functools.lru_cache(maxsize=4096)
def compile_unary_tests(text: str, syntax: Syntax = _PLAIN) -> Compiled:
    """Read unary tests such as `< 5, [10..20]` or `-`; they are evaluated with `?` in the context. Raises ExpressionError."""
    return _compile(text, syntax, unary=True)


def evaluate(text: str, context: Mapping[str, Value], functions: Mapping[str, FeelFunction] | None = None) -> Value:
    """The FEEL value of an expression. Raises ExpressionError."""
    return compile_expression(text).evaluate(context, functions)


def evaluate_json(text: str, context: Mapping[str, Value], functions: Mapping[str, FeelFunction] | None = None) -> Value:
    """The value of an expression as JSON, ready to be stored as a process variable. Raises ExpressionError."""
    return to_json(evaluate(text, context, functions))


def unary_test(text: str, value: Value, context: Mapping[str, Value], functions: Mapping[str, FeelFunction] | None = None) -> bool | None:
    """Whether a value passes unary tests; None if that cannot be said. Raises ExpressionError."""
    run = Run(FUNCTIONS, functions)
    result = compile_unary_tests(text).evaluate_in(Scope({"?": wrap(value)}, Scope(context, None, run), run))
    return result if isinstance(result, bool) else None


def names(text: str) -> frozenset[str]:
    """Names an expression takes from its surroundings. Raises ExpressionError."""
    return compile_expression(text).names
