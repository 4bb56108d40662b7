"""Tokens to syntax tree: the grammar of DMN 1.5, 10.3.1.2, by precedence climbing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.feel import nodes as n
from engine.feel.budget import MAX_NESTING
from engine.feel.lexer import SyntaxFault
from engine.feel.reading import STOP_WORDS, KnownNames, Reader
from engine.feel.temporal import TemporalError, parse_temporal
from engine.feel.values import number_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from engine.feel.types import FeelType

_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


class Parser(Reader):
    """Reads one text; every method raises SyntaxFault."""

    def __init__(self, text: str, known: KnownNames, types: Mapping[str, FeelType]) -> None:
        super().__init__(text, known, types)
        # Inside the upper end of a range, `[` may close it: [1..5[.
        self.open_end = 0
        # An operand that has been read already, before it was known to be one.
        self.pending: n.Node | None = None

    # -- entry points -----------------------------------------------------------------------------------------------------------

    def whole_expression(self) -> n.Node:
        node = self.expression()
        self.finish()
        return node

    def whole_unary_tests(self) -> n.Tests:
        """`-`, `not(tests)` or tests parted by commas."""
        if self.is_op("-") and self.peek().kind == "end":
            self.at += 1
            return n.Tests(())
        if self.is_word("not") and self.peek().text == "(" and self._closes_at_end(self.at + 1):
            self.at += 2
            tests = self.tests()
            self.expect(")")
            self.finish()
            return n.Tests(tests, negated=True)
        tests = self.tests()
        self.finish()
        return n.Tests(tests)

    def _closes_at_end(self, at: int) -> bool:
        """Whether the round bracket at that place closes only with the last token."""
        depth = 0
        for place in range(at, len(self.tokens)):
            token = self.tokens[place]
            if token.kind == "op":
                depth += (token.text == "(") - (token.text == ")")
            if depth == 0:
                return self.tokens[place + 1].kind == "end"
        return False

    def tests(self) -> tuple[n.Node, ...]:
        found = [self.test()]
        while self.accept(","):
            found.append(self.test())
        return tuple(found)

    def test(self) -> n.Node:
        return self.expression()

    # -- expressions ------------------------------------------------------------------------------------------------------------

    def expression(self) -> n.Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise SyntaxFault(f"Der Ausdruck ist tiefer als {MAX_NESTING} Ebenen geschachtelt.")
        node = self.disjunction()
        self.depth -= 1
        return node

    def disjunction(self) -> n.Node:
        operands = [self.conjunction()]
        while self.accept("or"):
            operands.append(self.conjunction())
        return operands[0] if len(operands) == 1 else n.Junction(is_and=False, operands=tuple(operands))

    def conjunction(self) -> n.Node:
        operands = [self.comparison()]
        while self.accept("and"):
            operands.append(self.comparison())
        return operands[0] if len(operands) == 1 else n.Junction(is_and=True, operands=tuple(operands))

    def comparison(self) -> n.Node:
        node = self.additive()
        for _ in range(MAX_NESTING):
            if self.token.kind == "op" and self.token.text in _COMPARISONS:
                operator = self.token.text
                self.at += 1
                if self.token.kind == "op" and self.token.text in _COMPARISONS:
                    self.fail("Erwartet wird ein Wert; „gleich“ heißt in FEEL „=“, „ungleich“ heißt „!=“")
                node = n.Comparison(operator, node, self.additive())
            elif self.accept("between"):
                low = self.additive()
                self.expect("and")
                node = n.Between(node, low, self.additive())
            elif self.is_word("in"):
                self.at += 1
                node = n.In(node, self._in_tests())
            else:
                return node
        raise SyntaxFault("Zu viele Vergleiche hintereinander.")

    def _in_tests(self) -> n.Tests:
        """What stands after `in`: one test, or several in brackets. Nothing is read twice, so hostile nesting stays cheap."""
        if not self.is_op("("):
            return n.Tests((self._prefix_range() or self.additive(),))
        self.at += 1
        held, self.open_end = self.open_end, 0
        tests = [self.expression()]
        if self.accept(".."):
            self.pending = self._range(tests[0], low_closed=False, held=held)
            return n.Tests((self.additive(),))
        while self.accept(","):
            tests.append(self.expression())
        self.open_end = held
        self.expect(")")
        if len(tests) == 1:
            self.pending = tests[0]
            return n.Tests((self.additive(),))
        return n.Tests(tuple(tests))

    def _prefix_range(self) -> n.Node | None:
        if self.token.kind == "op" and self.token.text in _COMPARISONS:
            operator = self.token.text
            self.at += 1
            return n.UnaryRange(operator, self.additive())
        return None

    def additive(self) -> n.Node:
        return self._chain(("+", "-"), self.multiplicative)

    def multiplicative(self) -> n.Node:
        return self._chain(("*", "/"), self.power)

    def power(self) -> n.Node:
        return self._chain(("**",), self.unary)

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], n.Node]) -> n.Node:
        first = operand()
        rest: list[tuple[str, n.Node]] = []
        while self.token.kind == "op" and self.token.text in operators:
            operator = self.token.text
            self.at += 1
            rest.append((operator, operand()))
        return n.Arithmetic(first, tuple(rest)) if rest else first

    def unary(self) -> n.Node:
        negative = 0
        while self.pending is None and self.is_op("-"):
            self.at += 1
            negative += 1
        node = self.instance_of()
        return node if not negative else n.Negation(node) if negative % 2 else n.Negation(n.Negation(node))

    def instance_of(self) -> n.Node:
        node = self.postfix()
        while self.is_word("instance") and self.peek().text == "of":
            self.at += 2
            node = n.InstanceOf(node, self.type())
        return node

    def postfix(self) -> n.Node:
        node = self.primary()
        for _ in range(MAX_NESTING):
            if self.is_op("."):
                self.at += 1
                node = n.Path(node, self.name(after_dot=True))
            elif self.is_op("[") and not (self.open_end and self._ends_range()):
                self.at += 1
                held, self.open_end = self.open_end, 0
                condition = self._prefix_range() or self.expression()
                self.open_end = held
                self.expect("]")
                node = n.Filter(node, condition)
            elif self.is_op("("):
                node = self.call(node)
            else:
                return node
        raise SyntaxFault(f"Mehr als {MAX_NESTING} Zugriffe hintereinander.")

    def _ends_range(self) -> bool:
        """Whether the `[` here closes a range that is open at its end, as in `[1..5[`."""
        following = self.peek()
        return (
            following.kind == "end"
            or following.text in {")", ",", "]", "}", ":"}
            or (following.kind == "op" and following.text in {"=", "!=", "<", "<=", ">", ">=", "*", "+", "/", "."})
            or (following.kind == "name" and following.text in STOP_WORDS)
        )

    def call(self, function: n.Node) -> n.Node:
        self.expect("(")
        arguments: list[n.Node] = []
        names: list[str] = []
        held, self.open_end = self.open_end, 0
        while not self.is_op(")"):
            name = self._argument_name()
            if name is not None:
                names.append(name)
            arguments.append(self._prefix_range() or self.expression())
            if not self.accept(","):
                break
        self.open_end = held
        self.expect(")")
        if names and len(names) != len(arguments):
            raise SyntaxFault("Benannte und unbenannte Argumente dürfen nicht gemischt werden.")
        return n.Call(function, tuple(arguments), tuple(names) if names else None)

    # -- primaries --------------------------------------------------------------------------------------------------------------

    def primary(self) -> n.Node:
        if self.pending is not None:
            node, self.pending = self.pending, None
            return node
        token = self.token
        if token.kind == "number":
            self.at += 1
            return n.Const(self._number(token.text))
        if token.kind == "string":
            self.at += 1
            return n.Const(token.text)
        if token.kind == "quoted":
            return n.Name(self.name())
        if token.kind == "name":
            return self._word()
        if token.kind == "op":
            if token.text in {"(", "[", "]"}:
                return self._bracket()
            if token.text == "{":
                return self.context()
            if token.text == "@" and self.peek().kind == "string":
                self.at += 2
                return n.Const(_at_literal(self.tokens[self.at - 1].text))
            prefix = self._prefix_range()
            if prefix is not None:
                return prefix
        self.fail("Erwartet wird ein Wert")
        return None

    @staticmethod
    def _number(text: str) -> int | Decimal:
        value = number_from_text(text)
        if value is None:
            raise SyntaxFault(f"Die Zahl {text[:40]} liegt außerhalb des Bereichs.")
        return value

    def _word(self) -> n.Node:
        if self.known.match(self.tokens, self.at) > 1:
            return n.Name(self.name())
        text = self.token.text
        if text in _LITERALS:
            self.at += 1
            return n.Const(_LITERALS[text])
        if text == "if":
            return self.conditional()
        if text == "for":
            return self.iteration()
        if text in {"some", "every"} and self.peek().kind in {"name", "quoted"}:
            return self.quantified()
        if text == "function" and self.peek().text == "(":
            return self.function_definition()
        return n.Name(self.name())

    def _bracket(self) -> n.Node:
        """A bracketed expression, a list or a range."""
        opening = self.token.text
        self.at += 1
        if opening == "[" and self.accept("]"):
            return n.ListOf(())
        held, self.open_end = self.open_end, 0
        first = self._prefix_range() if opening != "]" else None
        if first is None:
            first = self.expression()
        if self.accept(".."):
            return self._range(first, low_closed=opening == "[", held=held)
        node = first
        if opening == "[":
            items = [first]
            while self.accept(","):
                items.append(self._prefix_range() or self.expression())
            self.expect("]")
            node = n.ListOf(tuple(items))
        elif opening == "(":
            self.expect(")")
        else:
            self.fail("Erwartet wird „..“")
        self.open_end = held
        return node

    def _range(self, low: n.Node, *, low_closed: bool, held: int) -> n.Node:
        """The rest of a range after `..`."""
        self.open_end = 1
        high = self.expression()
        self.open_end = held
        if not self.is_op("]", ")", "["):
            self.fail("Erwartet wird das Ende des Bereichs")
        closing = self.token.text
        self.at += 1
        return n.RangeOf(low, high, low_closed, closing == "]")

    def context(self) -> n.Node:
        self.expect("{")
        entries: list[tuple[str, n.Node]] = []
        held, self.open_end = self.open_end, 0
        while not self.is_op("}"):
            key = self._key((":",))
            self.expect(":")
            entries.append((key, self.expression()))
            self.known.add(key)
            if not self.accept(","):
                break
        self.open_end = held
        self.expect("}")
        return n.ContextOf(tuple(entries))

    def conditional(self) -> n.Node:
        self.expect("if")
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return n.If(condition, then, self.expression())

    def iteration(self) -> n.Node:
        self.expect("for")
        bindings = self._bindings()
        self.expect("return")
        return n.For(bindings, self.expression())

    def quantified(self) -> n.Node:
        is_some = self.token.text == "some"
        self.at += 1
        bindings = self._bindings()
        self.expect("satisfies")
        return n.Quantified(is_some, bindings, self.expression())

    def _bindings(self) -> n.Bindings:
        bindings: list[tuple[str, n.Domain]] = []
        while True:
            name = self._key(("in", ","))
            self.expect("in")
            start = self.expression()
            end = self.expression() if self.accept("..") else None
            bindings.append((name, n.Domain(start, end)))
            if not self.accept(","):
                return tuple(bindings)

    def function_definition(self) -> n.Node:
        self.expect("function")
        self.expect("(")
        parameters: list[tuple[str, FeelType | None]] = []
        while not self.is_op(")"):
            name = self._key((",", ":", ")"))
            parameters.append((name, self.type() if self.accept(":") else None))
            if not self.accept(","):
                break
        self.expect(")")
        if self.is_word("external"):
            self.at += 1
            self.expression()
            return n.Lambda(tuple(parameters), None)
        return n.Lambda(tuple(parameters), self.expression())


def _at_literal(text: str) -> object:
    """The value of `@"..."`; text that is no date, time or duration gives null, as the built-in functions do."""
    try:
        return parse_temporal(text)
    except TemporalError:
        return None
