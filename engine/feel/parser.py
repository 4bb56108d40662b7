"""Tokens to syntax tree: the grammar of DMN 1.5, 10.3.1.2, by precedence climbing."""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.feel import nodes as n
from engine.feel.budget import MAX_NESTING
from engine.feel.lexer import SyntaxFault, Token, join_words, name_words, tokenize
from engine.feel.temporal import TemporalError, parse_temporal
from engine.feel.types import BASIC, ContextType, FeelType, FunctionType, ListType, NamedType, RangeType
from engine.feel.values import number_from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

STOP_WORDS: Final = frozenset({"and", "or", "in", "between", "then", "else", "return", "satisfies", "instance"})
_RESERVED: Final = STOP_WORDS | {"if", "for", "some", "every", "function", "true", "false", "null"}
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_TYPE_NAMES: Final = ("date and time", "days and time duration", "years and months duration", "day time duration", "year month duration")


class KnownNames:
    """Names that a simple word does not cover, such as `Monthly Salary`, `a-b` or `date and time`."""

    def __init__(self, names: Iterable[str] = (), parent: KnownNames | None = None) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {first: list(entries) for first, entries in parent._by_first.items()} if parent else {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        words = name_words(name)
        if len(words) < 2:
            return
        entries = self._by_first.setdefault(words[0], [])
        if words not in entries:
            entries.append(words)
            entries.sort(key=len, reverse=True)

    def match(self, tokens: list[Token], at: int) -> int:
        """How many tokens from that place form the longest known name; 0 if none does."""
        for words in self._by_first.get(tokens[at].text, ()):
            if tuple(token.text for token in tokens[at : at + len(words)]) == words and tokens[at].kind != "string":
                return len(words)
        return 0


@dataclass(frozen=True, eq=False)
class Syntax:
    """What a text may refer to besides the built-ins: names with special characters and the types of the model.

    Compared by identity, so that it can be part of a cache key.
    """

    names: frozenset[str] = frozenset()
    types: Mapping[str, FeelType] = field(default_factory=dict)


class Parser:
    """Reads one text; every method raises SyntaxFault."""

    def __init__(self, text: str, known: KnownNames, types: Mapping[str, FeelType]) -> None:
        self.tokens = tokenize(text)
        self.at = 0
        self.known = KnownNames(parent=known)
        self.types = types
        self.depth = 0
        self.open_end = 0
        self.pending: n.Node | None = None

    # -- tokens -----------------------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def is_op(self, *texts: str) -> bool:
        return self.token.kind == "op" and self.token.text in texts

    def is_word(self, text: str) -> bool:
        return self.token.kind == "name" and self.token.text == text

    def accept(self, text: str) -> bool:
        if self.token.text == text and self.token.kind in {"op", "name"}:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.fail(f"Erwartet wird „{text}“")

    def fail(self, reason: str) -> None:
        found = f"„{self.token.text[:30]}“ an Zeichen {self.token.at + 1}" if self.token.kind != "end" else "das Ende"
        raise SyntaxFault(f"{reason}, gefunden wurde {found}.")

    def finish(self) -> None:
        if self.token.kind != "end":
            self.fail("Erwartet wird das Ende des Ausdrucks")

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
        return following.kind == "end" or following.text in {")", ",", "]", "}", ":"} or (
            following.kind == "op" and following.text in {"=", "!=", "<", "<=", ">", ">=", "*", "+", "/", "."}
        ) or (following.kind == "name" and following.text in STOP_WORDS)

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

    def _argument_name(self) -> str | None:
        """The name before a colon, if this argument has one."""
        if self.token.kind not in {"name", "quoted"}:
            return None
        words: list[str] = []
        for place in range(self.at, len(self.tokens)):
            token = self.tokens[place]
            if token.text == ":" and token.kind == "op":
                self.at = place + 1
                return join_words(words)
            if token.kind not in {"name", "number", "quoted"} and token.text not in {"-", "/", "'", "."}:
                return None
            words.append(token.text)
        return None

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
        raise AssertionError

    @staticmethod
    def _number(text: str) -> int | decimal.Decimal:
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

    def name(self, *, after_dot: bool = False) -> str:
        """A name: the longest known one, or a run of words that are no keywords."""
        if self.token.kind == "quoted":
            self.at += 1
            return self.tokens[self.at - 1].text
        length = self.known.match(self.tokens, self.at)
        if length > 1:
            words = [token.text for token in self.tokens[self.at : self.at + length]]
            self.at += length
            return join_words(words)
        if self.token.kind != "name" or (self.token.text in _RESERVED and not after_dot):
            self.fail("Erwartet wird ein Name")
        words = [self.token.text]
        self.at += 1
        # Two words side by side can only be one name: the standard allows blanks in names.
        while self.token.kind == "name" and self.token.text not in STOP_WORDS and words[0] != "?":
            words.append(self.token.text)
            self.at += 1
        return join_words(words)

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

    def _key(self, stops: tuple[str, ...]) -> str:
        """A name that is introduced here: a string, or all tokens up to one of the stops."""
        if self.token.kind in {"string", "quoted"}:
            self.at += 1
            return self.tokens[self.at - 1].text
        words: list[str] = []
        while self.token.kind != "end" and self.token.text not in stops:
            if self.token.kind == "string" or (not words and self.token.kind != "name"):
                break
            words.append(self.token.text)
            self.at += 1
        if not words:
            self.fail("Erwartet wird ein Name")
        name = join_words(words)
        self.known.add(name)
        return name

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

    # -- types ------------------------------------------------------------------------------------------------------------------

    def type(self) -> FeelType:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise SyntaxFault(f"Der Ausdruck ist tiefer als {MAX_NESTING} Ebenen geschachtelt.")
        found = self._type()
        self.depth -= 1
        return found

    def _type(self) -> FeelType:
        if self.is_word("function") and self.peek().text == "<":
            self.at += 1
            parameters = self._type_arguments()
            self.expect("->")
            return FunctionType(parameters, self.type())
        if self.is_word("list") and self.peek().text == "<":
            self.at += 1
            return ListType(self._single_argument())
        if self.is_word("range") and self.peek().text == "<":
            self.at += 1
            return RangeType(self._single_argument())
        if self.is_word("context") and self.peek().text == "<":
            self.at += 1
            return self._context_type()
        return self._named_type()

    def _single_argument(self) -> FeelType:
        arguments = self._type_arguments()
        if len(arguments) != 1:
            raise SyntaxFault("Dieser Typ hat genau einen inneren Typ.")
        return arguments[0]

    def _type_arguments(self) -> tuple[FeelType, ...]:
        self.expect("<")
        found: list[FeelType] = []
        while not self.is_op(">"):
            found.append(self.type())
            if not self.accept(","):
                break
        self.expect(">")
        return tuple(found)

    def _context_type(self) -> FeelType:
        self.expect("<")
        entries: dict[str, FeelType] = {}
        while not self.is_op(">"):
            key = self._key((":",))
            self.expect(":")
            entries[key] = self.type()
            if not self.accept(","):
                break
        self.expect(">")
        return ContextType(entries)

    def _named_type(self) -> FeelType:
        length = self.known.match(self.tokens, self.at)
        words: list[str] = []
        if length > 1:
            words = [token.text for token in self.tokens[self.at : self.at + length]]
            self.at += length
        elif self.token.kind in {"name", "quoted"}:
            words = [self.token.text]
            self.at += 1
        else:
            self.fail("Erwartet wird ein Typ")
        name = join_words(words)
        while self.is_op(".") and self.peek().kind == "name":
            self.at += 2
            name += "." + self.tokens[self.at - 1].text
        return BASIC.get(name) or NamedType(name, self.types)


def _at_literal(text: str) -> object:
    """The value of `@"..."`; text that is no date, time or duration gives null, as the built-in functions do."""
    try:
        return parse_temporal(text)
    except TemporalError:
        return None


def builtin_names(functions: Iterable[str]) -> KnownNames:
    """Names of built-in functions and types that consist of several words."""
    return KnownNames([*functions, *_TYPE_NAMES])
