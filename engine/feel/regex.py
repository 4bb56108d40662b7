"""Regular expressions of XPath 3.1 (XQuery and XPath Functions, 5.6.1), as the FEEL functions `matches`, `replace` and `split` use them.

Python's `re` speaks another dialect and can run for ever on `(a+)+$`. Here a pattern becomes a small program; the matcher remembers which
pair of instruction and position has failed, so its time is at most program size times text length. Only back-references need plain
backtracking; for those, and for everything else, the number of steps is limited.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.feel.budget import BudgetError
from engine.feel.values import Faulty

CharTest: TypeAlias = Callable[[str], bool]
Captures: TypeAlias = "tuple[int, ...]"
_MAX_REPEAT: Final = 1000
_MAX_PROGRAM: Final = 20_000
_MAX_DEPTH: Final = 50
_SPECIAL: Final = frozenset("\\|.?*+(){}[]^$")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_CATEGORIES: Final = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn Cs".split()
)
_BLOCKS: Final = {
    "BasicLatin": (0, 0x7F), "Latin-1Supplement": (0x80, 0xFF), "LatinExtended-A": (0x100, 0x17F), "LatinExtended-B": (0x180, 0x24F),
    "IPAExtensions": (0x250, 0x2AF), "SpacingModifierLetters": (0x2B0, 0x2FF), "CombiningDiacriticalMarks": (0x300, 0x36F),
    "Greek": (0x370, 0x3FF), "GreekandCoptic": (0x370, 0x3FF), "Cyrillic": (0x400, 0x4FF), "Armenian": (0x530, 0x58F),
    "Hebrew": (0x590, 0x5FF), "Arabic": (0x600, 0x6FF), "Devanagari": (0x900, 0x97F), "Thai": (0xE00, 0xE7F), "Georgian": (0x10A0, 0x10FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF), "GreekExtended": (0x1F00, 0x1FFF), "GeneralPunctuation": (0x2000, 0x206F),
    "CurrencySymbols": (0x20A0, 0x20CF), "LetterlikeSymbols": (0x2100, 0x214F), "NumberForms": (0x2150, 0x218F), "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF), "BoxDrawing": (0x2500, 0x257F), "Hiragana": (0x3040, 0x309F), "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF), "HangulSyllables": (0xAC00, 0xD7A3), "PrivateUse": (0xE000, 0xF8FF),
}  # fmt: skip


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


class Pattern:
    """A compiled regular expression."""

    def __init__(self, source: str, flags: Flags) -> None:
        builder = _Builder(source, flags)
        self.program = builder.build()
        self.groups = builder.groups
        self.multiline = flags.multiline
        self.ignore_case = flags.ignore_case
        self.remembers = not builder.has_back_reference

    def search(self, text: str, start: int, budget: list[int]) -> Captures | None:
        """The leftmost match from a position: start and end of the whole and of each group (-1 if unset).

        `budget` holds the steps left and is counted down; raises BudgetError at zero.
        """
        failed: set[int] = set()
        for position in range(start, len(text) + 1):
            found = self._match(text, position, failed, budget)
            if found is not None:
                return found
        return None

    def _match(self, text: str, start: int, failed: set[int], budget: list[int]) -> Captures | None:
        program, size, length = self.program, len(self.program), len(text)
        stack: list[tuple[int, int, Captures]] = [(0, start, (start, -1) + (-1, -1) * self.groups)]
        while stack:
            place, position, captures = stack.pop()
            while True:
                budget[0] -= 1
                if budget[0] < 0:
                    raise BudgetError("Der reguläre Ausdruck braucht zu viele Schritte.")
                if self.remembers:
                    key = position * size + place
                    if key in failed:
                        break
                    failed.add(key)
                step = program[place]
                kind = step.kind
                if kind == "char":
                    if position >= length or step.test is None or not step.test(text[position]):
                        break
                    position += 1
                    place += 1
                elif kind == "split":
                    stack.append((step.second, position, captures))
                    place = step.first
                elif kind == "jump":
                    place = step.first
                elif kind == "save":
                    captures = (*captures[: step.first], position, *captures[step.first + 1 :])
                    place += 1
                elif kind == "match":
                    return (start, position, *captures[2:])
                elif kind == "back":
                    begin, end = captures[2 * step.first], captures[2 * step.first + 1]
                    part = text[begin:end] if end >= 0 else ""
                    found = text[position : position + len(part)]
                    if found != part and not (self.ignore_case and found.casefold() == part.casefold()):
                        break
                    position += len(part)
                    place += 1
                elif self._anchored(kind, text, position):
                    place += 1
                else:
                    break
        return None

    def _anchored(self, kind: str, text: str, position: int) -> bool:
        if kind == "start":
            return position == 0 or (self.multiline and text[position - 1] == "\n" and position < len(text))
        return position == len(text) or (self.multiline and text[position] == "\n")

    def find_all(self, text: str, budget: list[int]) -> Iterator[Captures]:
        """All matches from left to right that do not overlap."""
        position = 0
        while position <= len(text):
            found = self.search(text, position, budget)
            if found is None:
                return
            yield found
            position = found[1] if found[1] > found[0] else found[1] + 1


class _Builder:
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
            program = [self.char(_same(char)) for char in self.source]
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
            if len(code) > _MAX_PROGRAM:
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
        return [self.char(_same(char))]

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
            return _same(_ESCAPES[char])
        if char in _SPECIAL or char == "-":
            return _same(char)
        if char in _MULTI:
            return _MULTI[char]
        if char.lower() in _MULTI:
            return _negated(_MULTI[char.lower()])
        if char in "pP":
            return self.category(positive=char == "p")
        raise Faulty(f"„\\{char}“ kennt der reguläre Ausdruck nicht.")

    def category(self, *, positive: bool) -> CharTest:
        end = self.source.find("}", self.at)
        if self.peek() != "{" or end < 0:
            raise Faulty("Nach \\p folgt eine Kategorie in geschweiften Klammern.")
        name = self.source[self.at + 1 : end]
        self.at = end + 1
        if name in _CATEGORIES:
            test: CharTest = functools.partial(_in_category, name)
        elif name.startswith("Is") and name[2:] in _BLOCKS:
            low, high = _BLOCKS[name[2:]]
            test = _between(chr(low), chr(high))
        else:
            raise Faulty(f"Die Kategorie „{name}“ gibt es nicht.")
        return test if positive else _negated(test)

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
        own = _any_of(tests, ignore_case=self.flags.ignore_case)
        if negative:
            own = _negated(own)
        return own if minus is None else _without(own, minus)

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
            return _between(char, end)
        return _same(char)

    def char(self, test: CharTest) -> Instruction:
        return Instruction("char", _any_of([test], ignore_case=self.flags.ignore_case))

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
        if len(code) * max(low, high or 0, 1) > _MAX_PROGRAM:
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
        Instruction(step.kind, step.test, step.first + by, step.second + by)
        if step.kind in {"split", "jump"}
        else step
        for step in code
    ]


def _split(inside: int, after: int, *, lazy: bool) -> Instruction:
    return Instruction("split", first=after, second=inside) if lazy else Instruction("split", first=inside, second=after)


def _same(char: str) -> CharTest:
    return lambda c: c == char


def _between(low: str, high: str) -> CharTest:
    return lambda c: low <= c <= high


def _negated(test: CharTest) -> CharTest:
    return lambda c: not test(c)


def _without(own: CharTest, minus: CharTest) -> CharTest:
    return lambda c: own(c) and not minus(c)


def _any_of(tests: list[CharTest], *, ignore_case: bool) -> CharTest:
    if ignore_case:
        return lambda c: any(test(form) for form in {c, c.lower(), c.upper()} for test in tests)
    return tests[0] if len(tests) == 1 else lambda c: any(test(c) for test in tests)


def _in_category(name: str, char: str) -> bool:
    return unicodedata.category(char).startswith(name)


def _is_name_start(char: str) -> bool:
    return char in ":_" or unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lo", "Lm", "Nl"}


_MULTI: Final[dict[str, CharTest]] = {
    "s": lambda c: c in " \t\n\r",
    "d": functools.partial(_in_category, "Nd"),
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": _is_name_start,
    "c": lambda c: _is_name_start(c) or c in "-.\u00b7" or unicodedata.category(c) in {"Nd", "Mn", "Mc"},
}


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


@functools.lru_cache(maxsize=512)
def compiled(source: str, flags: str) -> Pattern:
    """The pattern of a text and flags such as `si`; raises Faulty with the reason."""
    if len(source) > _MAX_PROGRAM:
        raise Faulty("Der reguläre Ausdruck ist zu groß.")
    return Pattern(source, Flags.read(flags))


def matches(text: str, source: str, flags: str, budget: list[int]) -> bool:
    """Whether the pattern occurs in the text. Raises Faulty, or BudgetError when the steps in `budget` are spent."""
    return compiled(source, flags).search(text, 0, budget) is not None


def replace(text: str, source: str, replacement: str, flags: str, budget: list[int]) -> str:
    """The text with every match replaced; `$1` stands for a group. Raises Faulty or BudgetError."""
    pattern = compiled(source, flags)
    longest = 4 * budget[0]
    if pattern.search("", 0, budget) is not None:
        raise Faulty("Der reguläre Ausdruck passt auf den leeren Text.")
    parts = [replacement] if "q" in flags else _replacement_parts(replacement, pattern.groups)
    result: list[str] = []
    position = size = 0
    for found in pattern.find_all(text, budget):
        result.append(text[position : found[0]])
        for part in parts:
            piece = part if isinstance(part, str) else _group(text, found, part)
            result.append(piece)
            size += len(piece)
        if size > longest:
            raise BudgetError("Der ersetzte Text wird zu lang.")
        position = found[1]
    return "".join(result) + text[position:]


def _group(text: str, found: Captures, number: int) -> str:
    return text[found[2 * number] : found[2 * number + 1]] if found[2 * number + 1] >= 0 else ""


def _replacement_parts(replacement: str, groups: int) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(replacement):
        char = replacement[at]
        following = replacement[at + 1 : at + 2]
        if char == "\\":
            if following not in {"\\", "$"}:
                raise Faulty("Im Ersatztext steht \\ nur vor \\ oder $.")
            parts.append(following)
            at += 2
        elif char == "$":
            if not (following and following in "0123456789"):
                raise Faulty("Im Ersatztext folgt auf $ die Nummer einer Gruppe.")
            number, at = int(following), at + 2
            while at < len(replacement) and replacement[at] in "0123456789" and number * 10 + int(replacement[at]) <= groups:
                number, at = number * 10 + int(replacement[at]), at + 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
            at += 1
    return parts


def split(text: str, source: str, budget: list[int]) -> list[str]:
    """The parts of the text between the matches. Raises Faulty or BudgetError."""
    pattern = compiled(source, "")
    if pattern.search("", 0, budget) is not None:
        raise Faulty("Das Trennzeichen passt auf den leeren Text.")
    parts: list[str] = []
    position = 0
    for found in pattern.find_all(text, budget):
        parts.append(text[position : found[0]])
        position = found[1]
    return [*parts, text[position:]]
