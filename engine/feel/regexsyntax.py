"""Patterns of XPath 3.1 to programs of the matcher in `engine.feel.regex`."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

from engine.feel.charsets import BLOCKS, CATEGORIES, MULTI, CharTest, any_of, between, in_category, negated, same, without
from engine.feel.values import Faulty

_MAX_REPEAT: Final = 1000
MAX_PROGRAM: Final = 20_000
_MAX_DEPTH: Final = 50
_SPECIAL: Final = frozenset("\\|.?*+(){}[]^$")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(slots=True)
class Instruction:
    """One step of a program: `char`, `split`, `jump`, `save`, `start`, `end`, `back` or `match`."""

    kind: str
    test: CharTest | None = None
    first: int = 0
    second: int = 0


@dataclass(frozen=True)
class Flags:
    """The flags of XPath: s (dot takes line ends), m (anchors at lines), i (case), x (blanks are layout), q (no special characters)."""

    dot_all: bool
    multiline: bool
    ignore_case: bool
    layout: bool
    literal: bool

    @classmethod
    def read(cls, text: str) -> Flags:
        if set(text) - set("smixq"):
            raise Faulty(f"„{text}“ sind keine Schalter eines regulären Ausdrucks.")
        return cls("s" in text, "m" in text, "i" in text, "x" in text, "q" in text)


class Builder:
    """Reads a pattern and writes the program in one pass; raises Faulty for what the dialect does not know."""

    def __init__(self, source: str, flags: Flags) -> None:
        self.source = source
        self.flags = flags
        self.at = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.depth = 0
        self.has_back_reference = False

    def build(self) -> list[Instruction]:
        if self.flags.literal:
            program = [self.char(same(char)) for char in self.source]
        else:
            if self.flags.layout:
                self.source = _without_layout(self.source)
            program = self.alternatives()
            if self.at < len(self.source):
                raise Faulty("Im regulären Ausdruck schließt eine Klammer, die nicht offen ist.")
        return [*program, Instruction("match")]

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise Faulty("Der reguläre Ausdruck endet zu früh.")
        self.at += 1
        return char

    def alternatives(self) -> list[Instruction]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise Faulty("Der reguläre Ausdruck ist zu tief geschachtelt.")
        branches = [self.branch()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.branch())
        self.depth -= 1
        code = branches.pop()
        for branch in reversed(branches):
            code = [
                Instruction("split", first=1, second=len(branch) + 2),
                *_moved(branch, 1),
                Instruction("jump", first=len(branch) + 2 + len(code)),
                *_moved(code, len(branch) + 2),
            ]
        return code

    def branch(self) -> list[Instruction]:
        code: list[Instruction] = []
        while self.peek() not in {"", "|", ")"}:
            piece = self.quantified(self.atom())
            code += _moved(piece, len(code))
            if len(code) > MAX_PROGRAM:
                raise Faulty("Der reguläre Ausdruck ist zu groß.")
        return code

    def atom(self) -> list[Instruction]:
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            return [self.char(self.char_class())]
        if char == "\\":
            return [self.escape()]
        if char == ".":
            return [Instruction("char", (lambda _c: True) if self.flags.dot_all else (lambda c: c not in "\n\r"))]
        if char in "^$":
            return [Instruction("start" if char == "^" else "end")]
        if char in _SPECIAL:
            raise Faulty(f"„{char}“ steht im regulären Ausdruck an falscher Stelle.")
        return [self.char(same(char))]

    def group(self) -> list[Instruction]:
        if self.source.startswith("?:", self.at):
            self.at += 2
            code = self.alternatives()
            self.close_group()
            return code
        self.groups += 1
        number = self.groups
        code = self.alternatives()
        self.close_group()
        self.closed.add(number)
        return [Instruction("save", first=2 * number), *_moved(code, 1), Instruction("save", first=2 * number + 1)]

    def close_group(self) -> None:
        if self.take() != ")":
            raise Faulty("Im regulären Ausdruck fehlt eine schließende Klammer.")

    def escape(self) -> Instruction:
        char = self.take()
        if char.isdigit():
            number = char
            while self.peek().isdigit() and int(number + self.peek()) in self.closed:
                number += self.take()
            if int(number) not in self.closed:
                raise Faulty(f"Die Gruppe {number} gibt es im regulären Ausdruck nicht.")
            self.has_back_reference = True
            return Instruction("back", first=int(number))
        return self.char(self.class_escape(char))

    def class_escape(self, char: str) -> CharTest:
        if char in _ESCAPES:
            return same(_ESCAPES[char])
        if char in _SPECIAL or char == "-":
            return same(char)
        if char in MULTI:
            return MULTI[char]
        if char.lower() in MULTI:
            return negated(MULTI[char.lower()])
        if char in "pP":
            return self.category(positive=char == "p")
        raise Faulty(f"„\\{char}“ kennt der reguläre Ausdruck nicht.")

    def category(self, *, positive: bool) -> CharTest:
        end = self.source.find("}", self.at)
        if self.peek() != "{" or end < 0:
            raise Faulty("Nach \\p folgt eine Kategorie in geschweiften Klammern.")
        name = self.source[self.at + 1 : end]
        self.at = end + 1
        if name in CATEGORIES:
            test: CharTest = functools.partial(in_category, name)
        elif name.startswith("Is") and name[2:] in BLOCKS:
            low, high = BLOCKS[name[2:]]
            test = between(chr(low), chr(high))
        else:
            raise Faulty(f"Die Kategorie „{name}“ gibt es nicht.")
        return test if positive else negated(test)

    def char_class(self) -> CharTest:
        """The inside of `[...]`, with ranges, escapes and a subtraction `-[...]`."""
        negative = self.peek() == "^"
        self.at += negative
        tests: list[CharTest] = []
        minus: CharTest | None = None
        while self.peek() != "]" or not tests:
            if self.peek() == "-" and self.source.startswith("-[", self.at) and tests:
                self.at += 2
                self.depth += 1
                if self.depth > _MAX_DEPTH:
                    raise Faulty("Der reguläre Ausdruck ist zu tief geschachtelt.")
                minus = self.char_class()
                self.depth -= 1
                if self.peek() != "]":
                    raise Faulty("Nach einer Subtraktion endet die Zeichenklasse.")
                break
            tests.append(self.class_part())
        self.take()
        own = any_of(tests, ignore_case=self.flags.ignore_case)
        if negative:
            own = negated(own)
        return own if minus is None else without(own, minus)

    def class_part(self) -> CharTest:
        char = self.take()
        if char == "\\":
            escaped = self.take()
            if escaped not in _ESCAPES and escaped not in _SPECIAL and escaped != "-":
                return self.class_escape(escaped)
            char = _ESCAPES.get(escaped, escaped)
        elif char in "[]":
            raise Faulty(f"„{char}“ steht in einer Zeichenklasse an falscher Stelle.")
        if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in {"]", "[", ""}:
            self.at += 1
            end = self.take()
            if end == "\\":
                escaped = self.take()
                if escaped not in _ESCAPES and escaped not in _SPECIAL and escaped != "-":
                    raise Faulty("Ein Bereich von Zeichen endet mit einem einzelnen Zeichen.")
                end = _ESCAPES.get(escaped, escaped)
            if end < char:
                raise Faulty(f"Der Bereich {char}-{end} läuft rückwärts.")
            return between(char, end)
        return same(char)

    def char(self, test: CharTest) -> Instruction:
        return Instruction("char", any_of([test], ignore_case=self.flags.ignore_case))

    def quantified(self, code: list[Instruction]) -> list[Instruction]:
        char = self.peek()
        if char not in {"?", "*", "+", "{"}:
            return code
        self.at += 1
        low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(char) or self.counts()
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() in {"?", "*", "+", "{"}:
            raise Faulty("Zwei Wiederholungen hintereinander.")
        if len(code) * max(low, high or 0, 1) > MAX_PROGRAM:
            raise Faulty("Der reguläre Ausdruck ist zu groß.")
        result: list[Instruction] = []
        for _ in range(low):
            result += _moved(code, len(result))
        if high is None:
            start = len(result)
            result.append(_split(start + 1, start + len(code) + 2, lazy=lazy))
            result += _moved(code, start + 1)
            result.append(Instruction("jump", first=start))
            return result
        end = len(result) + (high - low) * (len(code) + 1)
        for _ in range(high - low):
            result.append(_split(len(result) + 1, end, lazy=lazy))
            result += _moved(code, len(result))
        return result

    def counts(self) -> tuple[int, int | None]:
        end = self.source.find("}", self.at)
        low, comma, high = self.source[self.at : max(end, self.at)].partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()) or max(len(low), len(high)) > 6:
            raise Faulty("Eine Wiederholung schreibt man {2}, {2,} oder {2,5}.")
        self.at = end + 1
        least, most = int(low), int(high) if high else None if comma else int(low)
        if (most is not None and most < least) or max(least, most or 0) > _MAX_REPEAT:
            raise Faulty(f"Eine Wiederholung ist aufsteigend und höchstens {_MAX_REPEAT}.")
        return least, most


def _moved(code: list[Instruction], by: int) -> list[Instruction]:
    """The same instructions at a later place."""
    return [
        Instruction(step.kind, step.test, step.first + by, step.second + by) if step.kind in {"split", "jump"} else step for step in code
    ]


def _split(inside: int, after: int, *, lazy: bool) -> Instruction:
    return Instruction("split", first=after, second=inside) if lazy else Instruction("split", first=inside, second=after)


def _without_layout(source: str) -> str:
    """The x flag: white space outside character classes does not count."""
    kept, depth, escaped = [], 0, False
    for char in source:
        if depth == 0 and char in " \t\n\r":
            continue
        depth += (char == "[" and not escaped) - (char == "]" and not escaped and depth > 0)
        escaped = char == "\\" and not escaped
        kept.append(char)
    return "".join(kept)
